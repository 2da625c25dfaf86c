package ssh

import (
	"fmt"
	"io"
	"net"
	"nixhop/nixexec"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A host that takes the connection and then never comes to the login is given up in the time of the connection (field:
// banner and then nothing: 60 s; one that sends SSH_MSG_IGNORE each second before the key exchange: for ever).
func TestOpenEndsBeforeTheLogin(t *testing.T) {
	ignore := []byte{0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // a packet without encryption (RFC 4253, 6)
	for name, talk := range map[string]func(net.Conn){
		"nothing at all": func(net.Conn) {},
		"a banner":       func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-x\r\n") },
		"lines before a banner": func(c net.Conn) {
			for _, err := fmt.Fprint(c, "wait\r\n"); err == nil; _, err = fmt.Fprint(c, "wait\r\n") {
				time.Sleep(300 * time.Millisecond)
			}
		},
		"SSH_MSG_IGNORE": func(c net.Conn) {
			fmt.Fprint(c, "SSH-2.0-x\r\n")
			for _, err := c.Write(ignore); err == nil; _, err = c.Write(ignore) {
				time.Sleep(300 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer c.Close()
						go talk(c)
						_, _ = io.Copy(io.Discard, c)
					}()
				}
			}()
			dir := SocketDirName()
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			config := filepath.Join(t.TempDir(), "config")
			write(t, config, fmt.Sprintf("Host web\n HostName 127.0.0.1\n Port %d\n", listener.Addr().(*net.TCPAddr).Port))
			for _, batch := range []bool{true, false} {
				ctx := bounded(t)
				o := MasterOptions{Host: "web", Dir: dir, Config: config, Batch: batch, ConnectTimeout: time.Second}
				if m, log, err := Open(ctx, o, nixexec.Stdio{}); err == nil {
					m.Close()
					t.Errorf("batch %v: it is open:\n%s", batch, log)
				}
				if ctx.Err() != nil {
					t.Errorf("batch %v: it would have waited for ever", batch)
				}
			}
		})
	}
}
