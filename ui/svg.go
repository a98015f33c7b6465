package ui

import (
	"fmt"
	"html"
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// Sizes of a cell in a picture, in pixels.
const (
	cellWidth, cellHeight = 8.4, 18.0
	pictureBackground     = "#0d1117"
	pictureText           = "#d7dee6"
)

// SVG draws a frame as a picture, for documents. Equal neighbours become one run,
// so that the file stays small.
func SVG(frame string, w, h int) string {
	canvas := lipgloss.NewCanvas(w, h)
	canvas.Compose(lipgloss.NewLayer(frame))
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14" xml:space="preserve"><rect width="100%%" height="100%%" rx="6" fill="%s"/>`,
		float64(w)*cellWidth+16, float64(h)*cellHeight+16, pictureBackground)
	for y := range h {
		for x := 0; x < w; {
			n := run(canvas, x, y, w)
			draw(&b, canvas, x, y, n)
			x += n
		}
		b.WriteByte('\n')
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// run is how many cells from here on look alike.
func run(c *lipgloss.Canvas, x, y, w int) int {
	first := c.CellAt(x, y)
	n := 1
	for x+n < w {
		next := c.CellAt(x+n, y)
		if first == nil || next == nil || next.Style != first.Style {
			break
		}
		n++
	}
	return n
}

func draw(b *strings.Builder, c *lipgloss.Canvas, x, y, n int) {
	cell := c.CellAt(x, y)
	if cell == nil {
		return
	}
	var text strings.Builder
	for i := range n {
		if next := c.CellAt(x+i, y); next != nil && next.Content != "" {
			text.WriteString(next.Content)
		} else {
			text.WriteByte(' ')
		}
	}
	fg, bg := hex(cell.Style.Fg, pictureText), hex(cell.Style.Bg, "")
	if cell.Style.Attrs&uv.AttrReverse != 0 {
		fg, bg = pictureBackground, fg
	}
	px, py := 8+float64(x)*cellWidth, 8+float64(y)*cellHeight
	if bg != "" {
		_, _ = fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, px, py, cellWidth*float64(n)+.3, cellHeight, bg)
	}
	if strings.TrimSpace(text.String()) == "" {
		return
	}
	weight := ""
	if cell.Style.Attrs&uv.AttrBold != 0 {
		weight = ` font-weight="bold"`
	}
	_, _ = fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s"%s textLength="%.1f">%s</text>`, px, py+14, fg, weight, cellWidth*float64(n), html.EscapeString(text.String()))
}

func hex(c color.Color, none string) string {
	if c == nil {
		return none
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
