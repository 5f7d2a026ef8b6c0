# N5: five of the twelve access points of a building in use.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "ap-[1-12]", kind: ap, address: "198.18.3.[1-12]", parent: {device: core, port: "1"}, location: {building: A}}
  - {id: "ap-[13-40]", kind: ap, address: "198.18.3.[13-40]", parent: {device: core, port: "2"}, location: {building: B}}
--- script
09:00 power off ap-1
09:00:30 power off ap-2
09:01 power off ap-[3-5]
09:02 expect ticket count=1
09:02 expect ticket device=ap-1 severity=serious count=1
09:02 expect ticket device=ap-5 severity=serious count=1
09:02 expect ticket device=ap-1 state=merged count=1
09:02 expect ticket device=ap-2 state=merged count=1
# one of another building is an access point by itself
09:03 power off ap-20
09:04 expect ticket device=ap-20 severity=general count=1
09:04 expect ticket count=2
# by night the same is no more than general, and still one: nobody sits in the building
09:10 power on ap-[1-20]
09:20 expect ticket state=restored count=2
23:00 power off ap-[6-10]
23:02 expect ticket device=ap-6 severity=general state=new count=1
# at half past six it grows by the timetable alone
day +1
06:32 expect ticket device=ap-6 severity=serious count=1
