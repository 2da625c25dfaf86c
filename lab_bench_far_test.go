//go:build lab && bench

package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// farFleet is many small hosts that are far away.
type farFleet struct {
	*lab
	dir    string // of their flake
	config string // the ssh config
	note   string // what the configurations say now
}

// TestBenchFleetFar prints what many small hosts cost that are far away, beside nixos-rebuild in a loop, and what
// nixhop itself takes for them. It passes whatever that is. Each is measured once, all configurations changed. The loop
// takes ten of the hosts: it takes five times as long for fifty, which are to be done in a sixth of that.
func TestBenchFleetFar(t *testing.T) {
	l := startLab(t, "n1")
	hosts := l.cheapHosts(t, 200)
	var all strings.Builder
	for _, host := range hosts {
		fmt.Fprintf(&all, `%s = system { hostName = %q; message = "XXX"; }; `, host, host)
	}
	f := &farFleet{lab: l, dir: l.committed(t, "db = system", all.String()+"db = system"), config: filepath.Join(l.dir, "cheap"), note: "XXX"}
	l.must(t, f.ours(t, hosts)) // from now on they lack only what has changed
	most, over := &usage{}, make(chan struct{})
	pid := filepath.Join(t.TempDir(), "pid")
	b := &bench{lab: l, dir: f.dir}
	b.add("10 small hosts at 100 ms, a loop of bare", "", false, func() *exec.Cmd { return f.loop(t, hosts[:10]) })
	b.add("50 small hosts at 100 ms", "", false, func() *exec.Cmd { return f.ours(t, hosts[:50]) }, b.all[0].name)
	b.add("200 small hosts at 100 ms", "", false, func() *exec.Cmd {
		cmd := f.ours(t, hosts)
		cmd.Args = append([]string{"sh", "-c", `echo $$ >"$0"; exec "$@"`, pid}, cmd.Args...)
		cmd.Path = "/bin/sh"
		go most.watch(pid, over)
		return cmd
	}, b.all[1].name)
	for _, m := range b.all {
		f.change(t)
		m.measure(t, l)
	}
	over <- struct{}{}
	b.print(os.Stdout)
	fmt.Printf("\nnixhop itself, 200 hosts: %d MiB, %d open files at most (goals 64, 2000)\n", most.memory>>10, most.files)
	keepPairs(t, b.pairs(map[string]float64{"50 small": 5.0 / 6, "200 small": 4}))
	l.noMasterLeft(t)
}

// change makes a commit that changes every configuration.
func (f *farFleet) change(t *testing.T) {
	t.Helper()
	next := "note " + rand.Text()
	f.edit(t, f.dir, f.note, next)
	f.note = next
	f.must(t, git(f.dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qam", next))
}

// loop is nixos-rebuild, without nixhop, for one host after the other.
func (f *farFleet) loop(t *testing.T, hosts []string) *exec.Cmd {
	t.Helper()
	path, err := filepath.Abs("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("xargs", "-I", "{}", path, "switch", "--flake", ".#{}", "--target-host", "{}", "--no-reexec")
	cmd.Stdin = strings.NewReader(strings.Join(hosts, "\n"))
	cmd.Dir = f.dir
	cmd.Env = append(append(os.Environ(), f.env...), "NIX_SSHOPTS=-F "+f.config+" -o BatchMode=yes")
	return cmd
}

// ours is nixhop for all of them.
func (f *farFleet) ours(t *testing.T, hosts []string) *exec.Cmd {
	return f.command(t, f.dir, []string{"NIXHOP_SSH_CONFIG=" + f.config}, append([]string{"switch"}, hosts...)...)
}

// usage is the most that a process had at a time.
type usage struct {
	memory int64 // KiB
	files  int
}

// watch looks at the process whose number comes to be in a file, until it is told that it is over.
func (u *usage) watch(file string, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(20 * time.Millisecond):
		}
		pid, _ := os.ReadFile(file)
		proc := filepath.Join("/proc", strings.TrimSpace(string(pid)))
		if files, err := os.ReadDir(filepath.Join(proc, "fd")); err == nil {
			u.files = max(u.files, len(files))
		}
		text, _ := os.ReadFile(filepath.Join(proc, "status"))
		if _, rest, found := bytes.Cut(text, []byte("VmHWM:")); found {
			kib, _ := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			u.memory = max(u.memory, kib)
		}
	}
}

// cheapHost is a host without systemd: the lab's file system, its own Nix store, name and sshd. Its mounts are seen by
// nobody else, and go with it; without processes of its own it would pass for the same machine as the others. Who does
// not look for systemd finds a systemd-run that runs the program.
const cheapHost = `
name=$1 address=$2 lower=$3 dir=$4
mount -t tmpfs cheap "$dir/host"
cd "$dir/host"
mkdir upper work root
mount -t overlay cheap -o "lowerdir=$lower,upperdir=upper,workdir=work" root
mount -t tmpfs run root/run && mkdir root/run/sshd
mount -t proc proc root/proc
mount --rbind /dev root/dev
hostname "$name"
echo "$name" >root/etc/hostname
tr -d - </proc/sys/kernel/random/uuid >root/etc/machine-id
cp "$dir/key.pub" root/root/.ssh/authorized_keys
install -m 600 "$dir/hostkey" root/etc/ssh/ssh_host_ed25519_key
printf 'ListenAddress %s\nPort 2022\nUsePAM no\n' "$address" >root/etc/ssh/sshd_config.d/address.conf
cat >root/usr/local/bin/systemd-run <<'END'
#!/bin/sh
while :; do case $1 in -E) shift 2;; -*) shift;; *) exec "$@";; esac; done
END
printf '#!/bin/sh\n' >root/usr/local/bin/systemctl
chmod 755 root/usr/local/bin/*
exec chroot root /usr/sbin/sshd -D
`

// cheapHosts starts hosts c001, c002 and so on, which end with the test, and writes the ssh config "cheap", in which
// they are as far away as longWay says.
func (l *lab) cheapHosts(t *testing.T, count int) (hosts []string) {
	t.Helper()
	lower := l.must(t, exec.Command("bash", "-c", ". testdata/lab/lab.sh; rootfs"))
	l.must(t, exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(l.dir, "hostkey")))
	key, err := os.ReadFile(filepath.Join(l.dir, "hostkey.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(l.dir, "host"), 0o700); err != nil {
		t.Fatal(err)
	}
	var known, config strings.Builder
	fmt.Fprintf(&known, "* %s", key)
	for i := range count {
		name, address := fmt.Sprintf("c%03d", i+1), fmt.Sprintf("127.0.77.%d", i+1)
		hosts = append(hosts, name)
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n", name, address)
		cmd := exec.Command("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "sh", "-euc", cheapHost, "sh", name, address, lower, l.dir)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			if err := cmd.Wait(); t.Failed() && said.Len() > 0 {
				t.Logf("%s: %v\n%s", name, err, said.String())
			}
		})
	}
	fmt.Fprintf(&config, "Host c*\n  User root\n  Port 2022\n  IdentityFile %s/key\n  IdentitiesOnly yes\n  UserKnownHostsFile %s/known\n", l.dir, l.dir)
	near := filepath.Join(l.dir, "near")
	for path, text := range map[string]string{near: config.String(), filepath.Join(l.dir, "known"): known.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	far := &lab{config: near}
	if err := os.Rename(far.farConfig(t, "c*"), filepath.Join(l.dir, "cheap")); err != nil {
		t.Fatal(err)
	}
	for _, host := range hosts {
		within(t, time.Minute, host+" to answer", func() bool {
			return l.run(t, exec.Command("ssh", "-F", near, "-o", "BatchMode=yes", host, "true")).code == 0
		})
	}
	return hosts
}
