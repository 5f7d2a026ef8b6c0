# The broadcast server answers, all amplifiers are silent: one ticket of the broadcast (B2), major in a listening test.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: pa, kind: server, role: broadcast, address: 198.18.4.100, parent: {device: core, port: "9"}}
  - {id: "amp-[1-8]", kind: amplifier, address: "198.18.4.[1-8]", parent: {device: core, port: "1"}, location: {building: A}}
  - {id: "pc-[1-40]", kind: terminal, address: "198.18.5.[1-40]", parent: {device: core, port: "2"}, location: {building: A}}
--- policy
version: 1
guards:
  - {name: 中考听力, start: "2026-03-02 08:00", end: "2026-03-02 18:00", listening: [{start: "2026-03-02 14:00", end: "2026-03-02 15:00"}]}
--- script
09:00 power off amp-[1-8]
09:02 expect ticket count=1
09:02 expect ticket device=amp-8 severity=serious count=1
09:02 expect none device=pa
14:01:30 expect ticket device=amp-8 severity=major count=1
14:10 power on amp-[1-8]
14:15 expect ticket state=restored count=1
# six of them: many amplifiers are one outage, not the whole broadcast
15:30 power off amp-[1-6]
15:32 expect ticket state=new severity=general count=1
