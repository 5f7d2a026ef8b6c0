# 3.5 no. 1: a camera drops at 10:00, nobody takes it, it is back at 10:05: rows 1, 5, 21, 25, 29, 37, 32, 41.
start 2026-03-02 09:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: sw-a, kind: switch, role: access, address: 198.18.1.1, parent: {device: core, port: "1"}}
  - {id: sw-b, kind: switch, role: access, address: 198.18.1.2, parent: {device: core, port: "2"}}
  - {id: cam-1, kind: camera, address: 198.18.2.1, parent: {device: sw-a, port: "1"}}
  - {id: cam-2, kind: camera, address: 198.18.2.2, parent: {device: sw-b, port: "1"}}
  - {id: cam-3, kind: camera, address: 198.18.2.3, parent: {device: sw-b, port: "2"}}
  - {id: cam-4, kind: camera, address: 198.18.2.4, parent: {device: sw-b, port: "3"}}
  - {id: "ap-[1-6]", kind: ap, address: "198.18.3.[1-6]", parent: {device: sw-b, port: "4"}}
  - {id: desk-1, kind: asset, name: 课桌}
  - {id: bed-1, kind: asset, name: 床}
  - {id: amp, kind: amplifier, address: 198.18.4.1, parent: {device: sw-b, port: "9"}}
--- roster
people:
  - {id: li, name: 李工, role: engineer}
  - {id: wang, name: 王工, role: engineer}
  - {id: zhao, name: 赵经理, role: manager}
  - {id: chen, name: 陈老师, role: customer}
  - {id: zhb, name: 指挥中心, role: command}
order: [li, wang]
--- script
10:00 power off cam-1
10:00:30 expect ticket device=cam-1 state=dispatched severity=general count=1
10:05 power on cam-1
10:06 expect ticket device=cam-1 state=dispatched
10:08 expect ticket device=cam-1 state=restored
10:08 due cam-1 response none     # frozen
11:04 expect ticket device=cam-1 state=restored
11:06 result cam-1 response waived
11:06 journal cam-1 opened admitted dispatched restored stable
11:10 ticket report cam-1 by=li cause=短时中断,自愈 measures=无
11:11 ticket feedback cam-1 by=li to=陈老师 how=电话
11:11 result cam-1 feedback met
14:00 ticket confirm cam-1 by=chen
14:00 result cam-1 repair met
14:00 refused unfinished ticket file cam-1 by=li
day +1
18:02 expect ticket device=cam-1 state=filed
18:02 journal cam-1 opened admitted dispatched restored stable reported_back fed_back confirmed filed
