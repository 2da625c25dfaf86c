# The systems. What each parameter does stands in system.nix.
let
  system = parameters: import ./system.nix ({ platform = import ./platform.nix; } // parameters);
in
{
  # Ordinary hosts.
  web = system {
    hostName = "web";
    message = "hello from web";
    units."hello.service" = import ./unit.nix "exec sleep infinity";
    specialisation.maintenance = {
      message = "back soon";
      units = { };
    };
  };
  db = system { hostName = "db"; };
  my-nixos = system { hostName = "my-nixos"; };
  n1 = system { hostName = "n1"; };
  n2 = system { hostName = "n2"; };
  n3 = system { hostName = "n3"; };

  # For another platform than this machine's.
  arm = system {
    hostName = "arm";
    platform = "aarch64-linux";
  };

  # Its platform comes from the argument of nixosSystem: it takes another build platform, as others do.
  platform-argument = system {
    hostName = "n1";
    nixpkgs = { hostPlatform.isDefined = false; buildPlatform = { }; system.highestPrio = 1000; };
  };
  # No build platform can be forced on these.
  platform-legacy = system {
    hostName = "n1";
    nixpkgs = {
      hostPlatform.isDefined = false;
      buildPlatform = { };
      localSystem = { highestPrio = 100; files = [ ./hosts.nix ]; };
    };
  };
  platform-pkgs = system {
    hostName = "n1";
    nixpkgs = { hostPlatform.isDefined = true; buildPlatform = { }; pkgs.isDefined = true; };
  };
  platform-frozen = removeAttrs (system { hostName = "n1"; }) [ "extendModules" ];
  platform-deaf = system { hostName = "n1"; } // { extendModules = _: system { hostName = "n1"; }; };

  # The rest does something unusual. All of it is for n1, so that no host name gets in the way.
  renamed = system { hostName = "renamed"; };

  throws = throw "the option `services.nonsense' does not exist";

  build-fails = system {
    hostName = "n1";
    build = "echo 'no rule to make target' >&2; exit 2";
  };

  build-slow = system {
    hostName = "n1";
    build = "echo 'a long build starts' >&2; sleep 600";
  };

  # Exit status 1, after the profile was set.
  boot-loader-fails = system {
    hostName = "n1";
    installBootLoader = "echo 'cannot copy initrd to /boot: No space left on device' >&2; exit 1";
  };

  # Exit status 2.
  activation-fails = system {
    hostName = "n1";
    activate = "echo 'Activation script snippet users failed (1)' >&2; exit 1";
  };

  activation-slow = system {
    hostName = "n1";
    activate = "sleep 15";
  };

  # Exit status 4: one unit that fails at once and one that works.
  unit-fails = system {
    hostName = "n1";
    units."broken.service" = import ./unit.nix "echo 'no such database' >&2; exit 1";
    units."hello.service" = import ./unit.nix "exec sleep infinity";
  };

  # Exit status 100: this init can take over only at boot.
  reboot-needed = system {
    hostName = "n1";
    initInterfaceVersion = "3";
  };

  new-kernel = system {
    hostName = "n1";
    kernelVersion = "6.18.1";
  };

  # The link that the switch was started over is cut, or can never be made again.
  sshd-restarts = system {
    hostName = "n1";
    activate = "systemctl restart ssh.service";
  };
  sshd-stops = system {
    hostName = "n1";
    activate = "systemctl stop ssh.service";
  };
  link-drops = system {
    hostName = "n1";
    # Each connection is a session of its own.
    activate = "systemctl kill --signal=KILL 'session-*.scope'; sleep 1";
  };
  # The same, and for a while there is no way back.
  link-gone = system {
    hostName = "n1";
    activate = "systemctl stop ssh.service; systemd-run -q --on-active=8 --timer-property=AccuracySec=100ms systemctl start ssh.service; systemctl kill --signal=KILL 'session-*.scope'; sleep 1";
  };

  inhibited = system {
    hostName = "n1";
    preSwitchCheck = ''
      case $2 in switch | test) ;; *) exit 0 ;; esac
      echo 'Checking switch inhibitors...'
      cat >&2 <<'END'
      There are changes to critical components of the system:

      dbus-implementation : dbus -> broker

      Switching into this system is not recommended.
      You probably want to run 'nixos-rebuild boot' and reboot your system instead.

      If you really want to switch into this configuration directly, then
      you can set NIXOS_NO_CHECK=1 to ignore pre-switch checks.

      Pre-switch check 'switchInhibitors' failed
      END
      exit 1
    '';
  };
}
