# Somebody changed the password of all 300 cameras: one ticket of the system, by its name, and not 300.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
credentials:
  cams: {onvif: {username: admin, password: secret}}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "cam-[1-100]", kind: camera, address: "198.18.2.[1-100]", parent: {device: core, port: "1"}, location: {building: A}, credentials: cams, probes: [icmp, onvif]}
  - {id: "cam-[101-200]", kind: camera, address: "198.18.2.[101-200]", parent: {device: core, port: "2"}, location: {building: B}, credentials: cams, probes: [icmp, onvif]}
  - {id: "cam-[201-300]", kind: camera, address: "198.18.3.[1-100]", parent: {device: core, port: "3"}, location: {building: C}, credentials: cams, probes: [icmp, onvif]}
--- script
09:00 set cam-[1-300] password changed
09:05 expect ticket count=1
09:05 expect ticket severity=major cause=credential count=1
09:05 expect ticket device=cam-1 severity=major count=1
09:05 expect ticket device=cam-300 severity=major count=1
10:00 set cam-[1-300] password right
10:10 expect ticket state=restored count=1
10:10 expect ticket count=1
