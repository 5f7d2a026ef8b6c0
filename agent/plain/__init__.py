"""What looks, tables and journals say, in the words of people: one telling for the page and for the command line.

Pure but for the words themselves. It reads values by the names of their fields, so that telling loads no protocol.

`reader` whose language and clock · `facts` what a device says of itself, and its figures · `tables` rows of many ·
`ports` the sockets of a switch · `ladder` the rungs of a camera · `journal` the arguments of a ticket's line
"""
