#!/bin/sh
# First stage of the scanner image: lays the files of the locked packages and wheels below /layer.
# No script of a package runs: libraries and data need none, and dpkg's record is written so that the image says
# truly what it contains.
set -eu
mkdir -p /layer/opt/wheels /layer/var/lib/dpkg /layer/opt/venv/share/ansim
cp /var/lib/dpkg/status /layer/var/lib/dpkg/status
for deb in /build/debs/*.deb; do
    dpkg-deb --extract "$deb" /layer
    { dpkg-deb --field "$deb" | sed '1a Status: install ok installed'; echo; } >> /layer/var/lib/dpkg/status
done
# The base has /usr merged: a folder must not replace its links.
for folder in bin sbin lib lib64; do
    if [ -d "/layer/$folder" ]; then
        mkdir -p "/layer/usr/$folder"
        cp -a "/layer/$folder/." "/layer/usr/$folder/"
        rm -rf "/layer/$folder"
    fi
done
# Neither read by a program here nor by a person: manuals, translations, and the model that turns pages.
rm -rf /layer/usr/share/doc /layer/usr/share/man /layer/usr/share/locale /layer/usr/share/lintian /layer/usr/share/bug \
    /layer/usr/share/tesseract-ocr/5/tessdata/osd.traineddata /layer/usr/include /layer/etc/cron* /layer/etc/init.d
find /layer -perm /6000 ! -type l -exec chmod ug-s {} +
for wheel in /build/wheels/*.whl; do
    python3 -m zipfile --extract "$wheel" /layer/opt/wheels
done
python3 - <<'END'
import json, pathlib
names = sorted(folder.name.removesuffix(".dist-info").rsplit("-", 1) for folder in pathlib.Path("/layer/opt/wheels").glob("*.dist-info"))
pathlib.Path("/layer/opt/venv/share/ansim/packages.json").write_text(json.dumps(names))
END
chmod -R go+rX /layer/opt
