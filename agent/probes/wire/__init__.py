"""What several protocols speak through: bounded, to one address only, nothing believed.

`stream` TCP with or without TLS · `httpc` HTTP/1.1 · `digest` digest access authentication · `certificate` what is
told of one.
"""
