"""Growth and age: what years, thousands of devices and hundreds of kills leave behind.

`years` three years of a campus in minutes · `demo` an hour of the practice campus.
"""
