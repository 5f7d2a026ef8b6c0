# A classroom is judged as a whole, n of m, in its timetable: nobody is called at noon, one ticket in the lesson.
start 2026-03-02 09:50
--- inventory
version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
schedules:
  school-hours: {weekdays: [mon, tue, wed, thu, fri], hours: ["07:30-12:00", "14:00-21:30"]}
devices:
  - {id: core, kind: switch, role: core, address: 198.18.0.1}
  - {id: "pc-[01-12]", kind: terminal, address: "198.18.5.[1-12]", schedule: school-hours, location: {building: A, room: 301}}
  - {id: "pd-[01-12]", kind: terminal, address: "198.18.6.[1-12]", schedule: school-hours, location: {building: A, room: 302}}
--- script
10:00 power off pc-01
10:00:10 power off pc-02
10:00:20 power off pc-03
10:04 expect ticket device=pc-01 severity=other count=1       # three of twelve
10:05 power off pc-04
10:08 expect ticket device=pc-01 severity=serious count=1
10:09 power off pd-01
10:20 expect ticket device=pd-01 severity=other count=1
10:30 power on pd-01
11:00 power on pc-01
11:00 power on pc-02
11:00 power on pc-03
11:00 power on pc-04
11:15 expect ticket device=pc-01 state=restored count=1
12:10 power off pd-02
12:11 power off pd-03
12:12 power off pd-04
12:13 power off pd-05
13:59 expect none device=pd-02
14:04 expect none device=pd-02          # the room may still be switched on
14:12 expect ticket device=pd-02 severity=serious count=1
