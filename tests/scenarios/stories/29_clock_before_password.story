# A camera whose clock is wrong refuses the login: the clock is at fault, not the password, until it is right again.
start 2026-03-02 08:55
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
credentials:
  cams: {onvif: {username: admin, password: secret}}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "cam-[1-9]", kind: camera, address: "198.18.2.[1-9]", parent: {device: core, port: "1"}, credentials: cams, probes: [icmp, onvif]}
--- script
# clock wrong and login refused: one ticket, the rung is the clock
09:00 set cam-1 clock +15m
09:00 set cam-1 password changed
09:05 expect ticket device=cam-1 severity=general cause=service rung=clock count=1
09:05 expect ticket count=1
# the clock is mended, the login is still refused: the same ticket is now about the password
09:30 set cam-1 clock 0
09:35 expect ticket device=cam-1 severity=general cause=credential count=1
09:35 expect ticket count=1
10:00 set cam-1 password right
10:10 expect ticket device=cam-1 state=restored count=1
# clock wrong and login fine: a latent defect and nothing more
11:00 set cam-2 clock +15m
11:10 expect ticket device=cam-2 severity=latent cause=drift count=1
