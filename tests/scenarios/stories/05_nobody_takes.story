# 3.5 no. 5: nobody takes it: asked in turn, then the project manager, then breached; never closed by time.
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
10:21 journal cam-1 opened admitted dispatched dispatched
10:41 journal cam-1 opened admitted dispatched dispatched dispatched
11:01 journal cam-1 opened admitted dispatched dispatched dispatched breached
11:01 expect ticket device=cam-1 state=dispatched count=1
11:01 result cam-1 response breached
12:01 result cam-1 response_ceiling breached
day +2
10:00 expect ticket device=cam-1 state=dispatched count=1
10:00 result cam-1 repair breached
