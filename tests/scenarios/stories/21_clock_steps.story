# R7: the wall clock is stepped by an hour and back while a ticket runs: nothing is late for it, nothing is saved.
start 2026-03-02 09:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: sw-a, kind: switch, role: access, address: 198.18.1.1}
  - {id: cam-1, kind: camera, address: 198.18.2.1, parent: {device: sw-a, port: "1"}}
  - {id: cam-2, kind: camera, address: 198.18.2.2, parent: {device: sw-a, port: "2"}}
--- script
10:00 power off cam-1
10:20 clock step +1h
11:21 expect ticket device=cam-1 count=1
11:21 due cam-1 response 12:00
11:59 result cam-1 response open
12:01 result cam-1 response breached
12:10 clock step -1h
11:12 clock step +1d
day +1
11:20 ticket take cam-1 by=li
11:21 power on cam-1
11:30 expect ticket device=cam-1 state=restored count=1
11:30 journal cam-1 opened clock_step breached clock_step clock_step admitted taken restored
11:31 clock step -1d
day -1
11:40 expect ticket device=cam-1 state=restored count=1
