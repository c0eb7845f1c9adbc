package main

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A plot's size and margins, in pixels.
const (
	width, height            = 640, 320
	left, right, top, bottom = 64, 90, 40, 48
)

var colours = []string{"#1f6feb", "#d9480f"}

// scale is a logarithmic axis: it shows whether a cost is flat or in proportion
// whatever the range.
type scale struct{ low, high, from, to float64 }

func (s scale) at(v float64) float64 {
	return s.from + (math.Log10(v)-math.Log10(s.low))/(math.Log10(s.high)-math.Log10(s.low))*(s.to-s.from)
}

// svg draws the plot.
func (p plot) svg() string {
	low, high := math.Inf(1), 0.0
	for _, c := range p.curves {
		for _, at := range c.points {
			low, high = min(low, at.y), max(high, at.y)
		}
	}
	points := p.curves[0].points
	x := scale{points[0].x, points[len(points)-1].x, left, width - right}
	y := scale{math.Pow(10, math.Floor(math.Log10(max(low, 0.1)))), math.Pow(10, math.Ceil(math.Log10(high*1.01))), height - bottom, top}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	text(&b, width/2, 20, "middle", "#222", p.title)
	text(&b, (left+width-right)/2, height-10, "middle", "#444", p.x)
	text(&b, 8, top-8, "start", "#444", p.y)
	p.axes(&b, x, y)
	for i, c := range p.curves {
		c.draw(&b, colours[i%len(colours)], x, y)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func text(b *strings.Builder, x, y float64, anchor, colour, what string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, anchor, colour, html.EscapeString(what))
}

// axes draws a line for each power of ten, and each x that was measured.
func (p plot) axes(b *strings.Builder, x, y scale) {
	const line = `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>` + "\n"
	for v := y.low; v <= y.high*1.01; v *= 10 {
		fmt.Fprintf(b, line, x.from, y.at(v), x.to, y.at(v))
		text(b, x.from-6, y.at(v)+4, "end", "#444", number(v))
	}
	for _, at := range p.curves[0].points {
		fmt.Fprintf(b, line, x.at(at.x), y.from, x.at(at.x), y.to)
		text(b, x.at(at.x), y.from+16, "middle", "#444", number(at.x))
	}
}

func (c curve) draw(b *strings.Builder, colour string, x, y scale) {
	var path strings.Builder
	for _, at := range c.points {
		fmt.Fprintf(&path, "%.1f,%.1f ", x.at(at.x), y.at(at.y))
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.TrimSpace(path.String()), colour)
	for _, at := range c.points {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"><title>%s: %s</title></circle>`+"\n",
			x.at(at.x), y.at(at.y), colour, number(at.x), number(at.y))
	}
	last := c.points[len(c.points)-1]
	text(b, x.at(last.x)+8, y.at(last.y)+4, "start", colour, c.name+" "+number(last.y))
}

// number writes a figure with as many digits as mean something.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v == 0:
		return "0"
	case math.Abs(v) >= 1000:
		return thousands(int(math.Round(v)))
	case math.Abs(v) >= 20 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case math.Abs(v) >= 2:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func thousands(v int) string {
	if v < 1000 {
		return strconv.Itoa(v)
	}
	return thousands(v/1000) + fmt.Sprintf(",%03d", v%1000)
}
