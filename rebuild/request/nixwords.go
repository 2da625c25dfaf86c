package request

// SettingWords are the settings of Nix on a command line that decide what can be built here.
func SettingWords(r Request) []string {
	var words []string
	for _, f := range r.Flags {
		switch f.Name {
		case "--builders", "--max-jobs", "--option":
			words = append(append(words, f.Name), f.Values...)
		}
	}
	return words
}
