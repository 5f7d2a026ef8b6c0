# The pings to a camera are filtered, its port answers: a latent defect, no outage. Then the camera dies: the outage.
start 2026-03-02 09:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: sw-a, kind: switch, role: access, address: 198.18.1.1}
  - {id: cam-1, kind: camera, address: 198.18.2.1, parent: {device: sw-a, port: "1"}, probes: [icmp, {tcp: {port: 554}}]}
  - {id: "cam-[2-9]", kind: camera, address: "198.18.2.[2-9]", parent: {device: sw-a, port: "2"}}
--- script
10:00 service stop cam-1 icmp
10:01 expect ticket device=cam-1 severity=latent state=new count=1
10:01 expect ticket count=1
10:30 expect ticket count=1
10:40 power off cam-1
10:43 expect ticket device=cam-1 severity=general count=1
10:43 expect ticket count=1
10:43 journal cam-1 opened reclassified
10:50 power on cam-1
10:51 service start cam-1 icmp
10:56 expect ticket device=cam-1 state=restored count=1
11:30 power off cam-2
11:31 expect ticket device=cam-2 severity=general count=1
