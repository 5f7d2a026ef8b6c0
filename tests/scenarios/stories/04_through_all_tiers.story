# 3.5 no. 4: tier 1 cannot, tier 2 cannot, the maker is called, a stand-in serves.
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
10:00 power off amp
10:05 ticket take amp by=li
10:15 ticket escalate amp by=li to=tier2 tried=重启
10:20 ticket take amp by=wang
10:30 ticket escalate amp by=wang to=maker contact=400 asked=到场
11:30 ticket arrive amp by=wang evidence=扫码
12:00 refused still_down ticket restore amp by=wang done=备机 workaround=备机一台
12:01 ticket restore amp by=wang done=备机 workaround=备机一台 override=yes reason=备机另有地址
12:01 expect ticket device=amp state=restored
12:10 ticket report amp by=wang cause=功放电源坏 measures=换备机
12:12 ticket feedback amp by=li to=陈老师 how=当面
12:20 refused own_work ticket confirm amp by=wang role=engineer
12:21 ticket confirm amp by=chen
12:21 result amp repair met
12:21 journal amp opened admitted dispatched taken escalated taken escalated arrived restored reported_back fed_back confirmed
