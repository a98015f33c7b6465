package document_test

import (
	"strings"
	"testing"
	"time"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

func TestAnAddressNeedsEveryDigitAndItsChecksum(t *testing.T) {
	const good = "0xe8057ca9997Bf46a37B6eB501B463b3b34db45Aa"
	if a, err := document.ParseAddress(good); err != nil || a.Hex() != good {
		t.Fatalf("%v, %v", a, err)
	}
	for _, c := range []struct{ in, want string }{
		{strings.ToLower(good), "it reads " + good},
		{good[:41] + "b", "the checksum"},
		{"0X" + good[2:], "the checksum"},
		{good[2:], "40 hexadecimal digits"},
		{good + "0", "40 hexadecimal digits"},
		{good[:41], "40 hexadecimal digits"},
		{"0x" + strings.Repeat("g", 40), "40 hexadecimal digits"},
		{"", "40 hexadecimal digits"},
	} {
		if _, err := document.ParseAddress(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.in, err, c.want)
		}
	}
}

func TestAHashIsExactly32Bytes(t *testing.T) {
	good := "0x" + strings.Repeat("aB", 32)
	if h, err := document.ParseHash(good); err != nil || h.Hex() != strings.ToLower(good) {
		t.Errorf("%v, %v", h, err)
	}
	for _, bad := range []string{"", "0x", good[:64], good + "00", good[2:], strings.Replace(good, "a", "z", 1)} {
		if _, err := document.ParseHash(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestADurationIsOneNumberAndOneUnit(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"60s": time.Minute, "10m": 10 * time.Minute, "48h": 48 * time.Hour, "7d": 168 * time.Hour, "2w": 336 * time.Hour, "0s": 0,
	} {
		if d, err := document.ParseDuration(in); err != nil || d != want {
			t.Errorf("%s: %v, %v", in, d, err)
		}
	}
	for _, bad := range []string{"", "s", "60", "1.5h", "-1h", "1h30m", "1 h", "h1", "99999999w", "9999999999s", "1ms", "٣s"} {
		if d, err := document.ParseDuration(bad); err == nil {
			t.Errorf("%q is %v", bad, d)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("48h")
	f.Add("99999999999w")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := document.ParseDuration(s); err == nil && d < 0 {
			t.Fatalf("%q is %v", s, d)
		}
	})
}
