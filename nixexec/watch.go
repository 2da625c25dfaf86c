package nixexec

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

// watchedLine is the longest line that Watch hands out, in bytes; the rest of a longer one is passed on unseen.
const watchedLine = 64 << 10

// Watch is Capture with standard error read along: each line goes to see first, without its end, and on to s.Err where see
// returns true. see is called from one goroutine and must not wait for the child.
func Watch(ctx context.Context, c Command, s Stdio, see func(line string) (show bool)) (stdout string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	shown := s.Err
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		watchLines(read, shown, see)
	}()
	s.Err = write
	stdout, err = Capture(ctx, c, s)
	write.Close()
	// What the child left behind may hold the pipe for ever.
	_ = read.SetReadDeadline(time.Now().Add(stopDelay))
	<-seen
	read.Close()
	return stdout, err
}

// watchLines passes lines on from read to show until read ends.
func watchLines(read io.Reader, show *os.File, see func(string) bool) {
	lines := bufio.NewReaderSize(read, watchedLine)
	for {
		line, err := lines.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		if len(line) > 0 && (!whole || see(strings.TrimRight(string(line), "\n"))) && show != nil {
			show.Write(line)
		}
		if err != nil && whole {
			return
		}
	}
}
