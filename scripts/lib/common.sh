# shellcheck shell=bash
# Small things that the scripts share. Sourced, never run.

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE: ends the script, with the last lines of what failed.
fail() {
	if [[ -s ${log:-} ]]; then
		tail -n 30 "$log" >&2
	fi
	say "error: $*"
	exit 1
}

# step TITLE COMMAND...: runs a command, its output into the log, and tells how long it took.
step() {
	local title=$1 started=$SECONDS status=0
	shift
	printf '  %-28s ' "$title" >&2
	: >"$log"
	"$@" </dev/null >>"$log" 2>&1 || status=$?
	if ((status)); then
		say "no"
	else
		say "$((SECONDS - started)) s"
	fi
	return "$status"
}

# timeout_if_any SECONDS COMMAND...: macOS has no `timeout`.
timeout_if_any() {
	if type -P timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}

# as_root COMMAND...: runs it as root if that needs no password.
as_root() {
	if ((EUID == 0)); then "$@"; else sudo --non-interactive "$@"; fi
}

# can_use_apt: whether packages of a Debian-like host can be installed without asking anybody.
can_use_apt() {
	type -P apt-get >/dev/null && { ((EUID == 0)) || sudo --non-interactive true 2>/dev/null; }
}
