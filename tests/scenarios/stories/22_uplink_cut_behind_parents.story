# R19: cut off behind a tree of parents, and back in the middle of everybody's looks: no ticket, neither then nor later.
start 2026-03-02 09:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai, references: [gateway, 198.18.0.53]}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.2}
  - {id: gateway, kind: gateway, address: 198.18.0.1, parent: {device: core, port: "1"}}
  - {id: agg-b, kind: switch, role: aggregation, address: 198.18.0.3, parent: {device: core, port: "2"}}
  - {id: "sw-[1-3]", kind: switch, role: access, address: "198.18.1.[1-3]", parent: {device: agg-b, port: "[1-3]"}}
  - {id: "cam-[01-30]", kind: camera, address: "198.18.2.[1-30]", parent: {device: sw-1, port: "[1-30]"}}
  - {id: server, kind: server, address: 198.18.3.1, parent: {device: core, port: "9"}}
--- script
10:00 uplink cut
10:00:43 expect none
10:00:43 uplink join
10:00:46 expect none
10:01:30 expect none
10:05 expect none
10:06 power off sw-2
10:06:20 expect ticket device=sw-2 count=1
10:07 uplink cut
10:10 expect ticket count=1
10:10 uplink join
10:12 expect ticket device=sw-2 state=new count=1
10:12 power on sw-2
10:15 expect ticket device=sw-2 state=restored count=1
