package connection

import (
	"context"
	"sync"
	"time"

	"nixhop/nixexec"
)

// tripTime bounds how long a host may take to send lines back.
const tripTime = 5 * time.Second

// trip is what a round trip to a host takes, measured once.
type trip struct {
	once sync.Once
	took time.Duration
}

// RoundTrip is what a round trip to the host takes, over its connection; 0 where that cannot be measured. Whoever asks
// again gets the same.
func (l *Link) RoundTrip(ctx context.Context) time.Duration {
	l.trip.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, tripTime)
		defer cancel()
		if took, err := nixexec.Echo(ctx, l.Command("cat"), 2); err == nil {
			l.trip.took = took
		}
	})
	return l.trip.took
}
