"""Faulty and right programs, as people write them: what the rules must find, and where they must be silent.

A function's name begins with the code that is right for it (`h501_…`), or with `right_`; where several codes are right,
its docstring names them ("also M402"). It returns the arguments of `modelwright.check`.
"""
