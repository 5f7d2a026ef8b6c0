# The time server is dead: the clocks of all cameras run away within a day, and nothing else is lost. One latent defect.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
credentials:
  cams: {onvif: {username: admin, password: secret}}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "cam-[1-40]", kind: camera, address: "198.18.2.[1-40]", parent: {device: core, port: "1"}, location: {building: A}, credentials: cams, probes: [icmp, onvif]}
--- script
09:00 set cam-1 clock +15m
10:00 set cam-2 clock +15m
11:00 set cam-[3-30] clock +15m
12:00 set cam-[31-40] clock +15m
12:10 expect ticket count=1
12:10 expect ticket severity=latent cause=drift count=1
12:10 expect ticket device=cam-1 severity=latent state=new count=1
12:10 expect ticket device=cam-40 severity=latent count=1
13:00 set cam-[1-40] clock 0
13:10 expect ticket state=restored count=1
13:10 expect ticket count=1
