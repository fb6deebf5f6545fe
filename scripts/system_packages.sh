#!/usr/bin/env bash
# Installs QGIS, its Python and a virtual screen with apt, only what is missing. Other systems: install QGIS >= 3.22 yourself.
set -euo pipefail
packages=(qgis python3-qgis python3-venv xvfb xauth imagemagick xdotool fonts-open-sans)
command -v dpkg-query >/dev/null || { echo "No apt here: install QGIS 3.22 or newer, Xvfb, ImageMagick and xdotool yourself."; exit 0; }
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=(); [ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "Installing with apt: ${missing[*]}"
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
