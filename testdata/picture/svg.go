package picture

import (
	"fmt"
	"html"
	"strings"
)

// Measures of a picture, in pixels. Each run of signs is as long as its columns, whatever font there is.
const (
	fontSize    = 14
	columnWidth = 8.4
	rowHeight   = 20
	padding     = 16
)

// The colours are those of a terminal of its own, on a ground of its own: they are the same on a light page and a
// dark one.
const (
	ground = "#1c1f26"
	edge   = "#3a404d"
	text   = "#d7dae0"
)

// fonts are those of fixed width that systems have.
const fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

// basic are the sixteen colours that programs name by number, each legible on the ground.
var basic = [...]string{
	"#7d8590", "#ff7b72", "#7ee787", "#e3b341", "#79b8ff", "#d2a8ff", "#76e3ea", "#d7dae0",
	"#8b949e", "#ffa198", "#9be9a8", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff",
}

// colour is one of a palette of 256.
func colour(index int) string {
	switch {
	case index < 0 || index > 255:
		return ""
	case index < len(basic):
		return basic[index]
	case index >= 232:
		grey := 8 + 10*(index-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	level := func(n int) int {
		if n == 0 {
			return 0
		}
		return 55 + 40*n
	}
	index -= len(basic)
	return fmt.Sprintf("#%02x%02x%02x", level(index/36), level(index/6%6), level(index%6))
}

// SVG is a picture of the screen; title is what it shows, for whoever does not see it.
func (s *Screen) SVG(title string) string {
	lines := s.lines()
	width := float64(s.columns)*columnWidth + 2*padding
	height := len(lines)*rowHeight + 2*padding
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%.0f" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n",
		width-1, height-1, ground, edge)
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%d" fill="%s" xml:space="preserve">`+"\n", fonts, fontSize, text)
	for i, row := range lines {
		for at := 0; at < len(row); {
			end := at + 1
			for end < len(row) && row[end].style == row[at].style {
				end++
			}
			b.WriteString(run(row[at:end], at, i))
			at = end
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// run are signs of one style, from a column of a row on. Spaces at their ends are left out.
func run(cells []cell, column, row int) string {
	for len(cells) > 0 && cells[0].sign == " " {
		cells, column = cells[1:], column+1
	}
	for len(cells) > 0 && cells[len(cells)-1].sign == " " {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return ""
	}
	var signs, looks strings.Builder
	for _, c := range cells {
		signs.WriteString(c.sign)
	}
	if cells[0].colour != "" {
		fmt.Fprintf(&looks, ` fill="%s"`, cells[0].colour)
	}
	if cells[0].bold {
		looks.WriteString(` font-weight="bold"`)
	}
	if cells[0].dim {
		looks.WriteString(` opacity="0.7"`)
	}
	return fmt.Sprintf(`<text x="%.1f" y="%d" textLength="%.1f"%s>%s</text>`+"\n", padding+float64(column)*columnWidth,
		padding+row*rowHeight+fontSize, float64(len(cells))*columnWidth, looks.String(), html.EscapeString(signs.String()))
}
