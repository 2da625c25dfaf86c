package facts

import (
	"os"
	"strconv"
	"strings"
)

// FreeMemory is how much memory of this machine a program can have without pushing others out, in bytes; 0: it is not
// known. Linux tells it as MemAvailable (proc_meminfo(5)).
func FreeMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return available(string(text))
}

// available reads the number of KiB out of /proc/meminfo.
func available(text string) int64 {
	for line := range strings.Lines(text) {
		if rest, is := strings.CutPrefix(line, "MemAvailable:"); is {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}
