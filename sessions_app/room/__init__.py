"""The live room: what is said in it, what is heard, who may do what, and how it reaches every browser in
order.
"""
