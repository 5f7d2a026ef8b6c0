"""Pictures: decode one key frame or snapshot, measure it, judge whether the camera sees anything.

`viewer` one for the house, the door: whose picture is due, how many at once, decode, judge, keep · `decoder` the
program that decodes, a process of its own · `helper` keeps that process · `measure` numbers of a picture (pure) ·
`judge` black, frozen, covered, blurred, wrong size (pure) · `rights` where no picture is taken or kept (pure) · `keep`
the small pictures on disk · `tending` throws them away in time.

FFmpeg decodes (by PyAV) and never dials; it is not in the agent's process. What a camera sends is hostile and FFmpeg is
much C: there it may crash, hang or eat memory without harm. Measured with 1080p: the process has 62 MB, of which PyAV
and FFmpeg would have cost the agent 50; it ends when it has been idle for a minute.
"""
