"""What the devices speak beside ping and SNMP, each protocol written here anew from its standard.

`table` which protocol is where · `voice` one service of one device, as its protocol sees it · `logins` who is let in ·
`web` HTTP and its pages · `onvif`, `soap` cameras and recorders, `media` their profiles, `recordings` what is kept of
each channel, `places` where all that is · `rtsp`, `rtp`, `pictures` their streams · `desktops` RDP, VNC, SPICE ·
`calls` SIP and Barix.
"""
