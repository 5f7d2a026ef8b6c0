# 3.5 no. 7: the teacher refuses on the 4th working day after the feedback: a new ticket is the way.
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
10:00 ticket open by=chen source=web place=301教室 what=灯不亮 phone=138
10:10 ticket take 301教室 by=li
11:00 ticket restore 301教室 by=li done=换灯管
11:05 ticket report 301教室 by=li cause=灯管坏 measures=换灯管 parts=灯管
11:10 ticket feedback 301教室 by=li to=陈老师 how=电话
day +3
17:00 ticket note 301教室 by=chen text=再看看
18:01 refused refuse_too_late ticket refuse 301教室 by=chen reason=还是不亮
18:02 ticket open by=chen source=web place=301教室 what=灯还是不亮 phone=138
18:02 expect ticket count=2
