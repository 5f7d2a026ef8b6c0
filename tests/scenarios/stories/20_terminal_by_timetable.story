# A classroom terminal that is off at night is normal; one that is dead in the lesson is not.
start 2026-03-02 05:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
schedules:
  school-hours: {weekdays: [mon, tue, wed, thu, fri], hours: ["07:30-12:00", "14:00-21:30"]}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: sw-a, kind: switch, role: access, address: 198.18.1.1, parent: {device: core, port: "1"}}
  - {id: sw-b, kind: switch, role: access, address: 198.18.1.2, parent: {device: core, port: "2"}}
  - {id: cam-1, kind: camera, address: 198.18.2.1, parent: {device: sw-a, port: "1"}}
  - {id: cam-2, kind: camera, address: 198.18.2.2, parent: {device: sw-b, port: "1"}}
  - {id: cam-3, kind: camera, address: 198.18.2.3, parent: {device: sw-b, port: "2"}}
  - {id: cam-4, kind: camera, address: 198.18.2.4, parent: {device: sw-b, port: "3"}}
  - {id: "ap-[1-6]", kind: ap, address: "198.18.3.[1-6]", parent: {device: sw-b, port: "4"}}
  - {id: pc-1, kind: terminal, address: 198.18.5.1, schedule: school-hours, location: {building: A, room: 301}}
  - {id: desk-1, kind: asset, name: 课桌}
  - {id: bed-1, kind: asset, name: 床}
  - {id: amp, kind: amplifier, address: 198.18.4.1, parent: {device: sw-b, port: "9"}}
--- script
06:00 power off pc-1
07:29 expect none
07:34 expect none           # it may still be starting
07:36 expect ticket device=pc-1 severity=other count=1
