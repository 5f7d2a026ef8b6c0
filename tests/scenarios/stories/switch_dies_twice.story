# A switch dies at 09:00, comes back at 09:07, dies again at 09:09: one outage and its relapse, one ticket.
start 2026-03-02 08:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: sw-a, kind: switch, role: access, address: 198.18.1.1, parent: {device: core, port: "1"}}
  - {id: "cam-[1-4]", kind: camera, address: "198.18.2.[1-4]", parent: {device: sw-a, port: "2"}}
--- script
08:59 expect none
09:00 power off sw-a
09:00:20 expect ticket device=sw-a state=new count=1
09:01 expect ticket count=1
09:01 journal sw-a opened
09:01 due sw-a response 09:30   # five of six devices: major
09:07 power on sw-a
09:08 expect ticket device=sw-a state=new count=1   # the recovery hold is not over
09:09 power off sw-a
09:12 expect ticket count=1
09:12 journal sw-a opened
09:15 power on sw-a
09:18 expect ticket device=sw-a state=restored count=1
09:20 power off sw-a
09:21 journal sw-a opened restored relapsed
09:21 expect ticket count=1
09:21 ticket take sw-a by=li
09:25 power on sw-a
09:28 expect ticket device=sw-a state=restored count=1
09:28 journal sw-a opened restored relapsed admitted taken restored
09:28 result sw-a response met
