package request

import (
	"fmt"
	"strconv"
	"time"

	"nixhop/nixexec"
)

// Seconds is the value of a flag that takes a time, or otherwise where it was not given. The error is a *UsageError: it
// is no time, or lies outside of the bounds.
func (r Request) Seconds(flag string, otherwise, least, most time.Duration) (time.Duration, error) {
	if !r.Has(flag) {
		return otherwise, nil
	}
	return ParseSeconds(flag, r.Value(flag), least, most)
}

// ParseSeconds reads seconds, "10", or a duration, "1m30s", of a flag or a variable. The error is a *UsageError.
func ParseSeconds(flag, value string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if seconds, numeric := strconv.Atoi(value); numeric == nil && seconds <= int(most/time.Second) {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d < least || d > most {
		between := " "
		if spec, isFlag := FindFlag(flag); !isFlag || spec.Attached {
			between = "="
		}
		return least, &UsageError{
			Message: fmt.Sprintf("%s takes a number of seconds from %.0f to %.0f, not %s", flag, least.Seconds(), most.Seconds(), nixexec.Quoted(value)),
			Hint:    "as in: " + flag + between + "10",
		}
	}
	return d.Truncate(time.Second), nil
}
