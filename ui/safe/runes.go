package safe

import "unicode"

// foreign are runes that are letters by their class and still cannot be shown
// where they stand: right-to-left scripts, which many terminals reorder together
// with what is next to them, and fillers, which look like nothing at all.
var foreign = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0590, Hi: 0x08ff, Stride: 1}, // Hebrew, Arabic, Syriac, Thaana, N'Ko and their extensions
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
	{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // the blank Braille pattern
	{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
	{Lo: 0xfb1d, Hi: 0xfdff, Stride: 1}, // Hebrew and Arabic presentation forms
	{Lo: 0xfe70, Hi: 0xfeff, Stride: 1}, // Arabic presentation forms, the byte order mark
	{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
}}
