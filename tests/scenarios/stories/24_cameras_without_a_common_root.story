# V1: twenty of sixty cameras fail within three minutes and nothing above them does: one ticket, that of the system.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "cam-[1-30]", kind: camera, address: "198.18.2.[1-30]", parent: {device: core, port: "1"}, location: {building: A}}
  - {id: "cam-[31-60]", kind: camera, address: "198.18.2.[31-60]", parent: {device: core, port: "2"}, location: {building: B}}
--- script
# one fell an hour before: its ticket is its own, and stays so
08:56 power off cam-60
08:58 expect ticket device=cam-60 severity=general count=1
09:58 power off cam-1
09:59 ticket take cam-1 by=li
10:00 power off cam-2
10:00:20 power off cam-3
10:00:40 power off cam-31
10:01 power off cam-32
10:01:20 power off cam-[4-10]
10:01:40 expect ticket device=cam-1 severity=serious count=1  # a building is serious: V3
10:02 power off cam-[33-40]

10:03:20 expect ticket severity=major count=1
10:03:20 expect ticket count=2                             # that of the system, and that of an hour ago
10:03:20 expect ticket device=cam-60 severity=general state=new count=1
10:03:20 expect ticket device=cam-36 severity=major count=1
10:03:20 expect ticket device=cam-1 severity=major count=1
# what was taken is taken: the response of the one ticket has ended, and its clock began with the first of them
10:03:20 result system:camera response met
10:03:20 due system:camera repair_ceiling 2026-03-03 09:58
# a new failure of the same system joins it
10:10 power off cam-41
10:11 expect ticket device=cam-41 severity=major count=1
10:11 expect ticket count=2
# an unrelated device does not
10:20 power on cam-[1-10]
10:20 power on cam-[31-41]
10:25 expect ticket state=restored count=1
10:25 expect ticket count=2
# fails again inside the window, by itself: no outage of the system any more
10:40 power off cam-5
10:41 expect ticket device=cam-5 severity=general state=new count=1
10:41 power on cam-5
10:45 power on cam-60
10:50 expect ticket device=cam-60 state=restored count=1
