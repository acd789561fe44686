"""The drawings of vio as server-drawn SVG: minute strip, week bar, trend, room weather, sparkline.

Pure: typed values in, safe markup out; no database, no clock. Everything that stands on a line of time is placed in
percent of that line, so a drawing fits any width while its letters keep the size the reader chose. Colours are CSS
classes (charts.css), never attributes, so that day and night both work. Beside each drawing stands the same as a table.
"""
