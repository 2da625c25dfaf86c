# Stands in for what deploy-rs and nixpkgs do to make the path of a profile: buildEnv until 26.05 (env), and from then on
# (newEnv); activate.custom; activate.nixos with the line for systemd-boot. Nothing of these can be built but the system in it.
{ system }:
rec {
  raw = name: more: derivation ({ inherit name system; builder = "/bin/sh"; } // more) // more;
  overridable = f: args: f args // { override = change: overridable f (args // change args); };
  env = overridable ({ name, paths, passthru ? { } }: raw name { } // { inherit passthru; });
  newEnv = { name, paths }: raw name { } // { passthru.paths = paths; };
  text = name: text: raw name { } // { inherit text; };
  customBy = env: base: activate: env {
    name = "activatable-${base.name}";
    paths = [
      base
      (text "${base.name}-activate-path" ''
        #!/bin/sh
        set -euo pipefail

        if [[ "''${DRY_ACTIVATE:-}" == "1" ]]
        then
            $PROFILE/bin/switch-to-configuration dry-activate
        elif [[ "''${BOOT:-}" == "1" ]]
        then
            $PROFILE/bin/switch-to-configuration boot
        else
            ${activate}
        fi
      '')
      (text "${base.name}-activate-rs" (throw "deploy-rs is not built for it"))
    ];
  };
  custom = customBy env;
  nixosBy = env: base: customBy env base ''
    # work around https://github.com/NixOS/nixpkgs/issues/73404
    cd /tmp

    $PROFILE/bin/switch-to-configuration switch

    # https://github.com/serokell/deploy-rs/issues/31
    sed -i '/^default /d' /boot/loader/loader.conf
  '';

  # A profile that can be built, with a script that says what it is run as.
  profile = name: activation: word: derivation {
    inherit name system;
    builder = "/bin/sh";
    PATH = "/bin:/usr/bin:/run/current-system/sw/bin";
    text = "#!/bin/sh\necho \"${word} $(id -un) $HOME $PROFILE\" >>/tmp/profiles && { chmod -f a+w /tmp/profiles || :; }\n";
    args = [ "-c" "mkdir $out && printf %s \"$text\" >$out/${activation} && chmod +x $out/${activation}" ];
  };
  nixos = configuration: nixosBy env configuration.config.system.build.toplevel;
}
