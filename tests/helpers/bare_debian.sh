#!/bin/bash
# The .deb in a bare Debian: installed (or updated from an older one), tried out, removed; a person's data stays. The older
# one must not touch data of the newer.
# Run by `build_installer.py --check-deb` in a root that debootstrap has made, with the files lying in it.
set -eu
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
useradd --create-home desk
cd /home/desk
data=/home/desk/.local/share/crmdesk

desk() { runuser -u desk -- env HOME=/home/desk CRMDESK_PASSPHRASE="four words are best" "$@"; }
install() {
  apt-get install -y -qq --no-install-recommends --allow-downgrades "$1" >/dev/null
  test -z "$(dpkg --verify crmdesk)" # every file as it was packed
  crmdesk --version
}

# an account of the made-up vendors, and its contacts
fetch() {
  desk crmdesk sandbox --port 0 --people 60,40 >/tmp/sandbox & running=$!
  for _ in $(seq 100); do grep -q bookingsync /tmp/sandbox && break; sleep 0.1; done
  address=$(grep -o 'http://[^ ]*/bookingsync/[^ ]*' /tmp/sandbox | head -n 1)
  desk env CRMDESK_TOKEN=demo-seaside crmdesk accounts add Seaside --base-url "$address"
  desk crmdesk sync --quiet
  kill $running
}
listed() { desk crmdesk contacts --format csv | wc -l; }

apt-get update -qq
if [ -e /older.deb ]; then
  install /older.deb
  fetch
  before=$(listed)
fi
install /crmdesk.deb
lost=$(find /opt/crmdesk -name '*.so*' -exec env LD_LIBRARY_PATH=/opt/crmdesk/_internal ldd {} + 2>/dev/null |
  grep 'not found' | sort -u || true)
test -z "$lost" || { echo "Depends lacks: $lost"; exit 1; }
desk crmdesk self-test >/tmp/tried || { cat /tmp/tried; exit 1; }
cat /tmp/tried
if grep -q "NO certificates" /tmp/tried; then exit 1; fi
if [ -e /older.deb ]; then
  test "$(listed)" = "$before"
  echo "updated: $before lines of contacts as before"
  now=$(sha256sum <$data/contacts.db)
  install /older.deb
  code=0; desk crmdesk contacts >/tmp/older || code=$?
  if [ $code = 8 ]; then
    test "$(sha256sum <$data/contacts.db)" = "$now"
    echo "the older one refuses the newer data and leaves it as it is"
  else
    test $code = 0 && test "$(listed)" = "$before"
    echo "the older one reads the newer data: their files are alike"
  fi
  install /crmdesk.deb
else
  fetch
fi
lines=$(listed)
test "$lines" -gt 40
apt-get remove -y crmdesk >/tmp/removed
grep -q "Contacts, waiting changes and settings stay in each person's own folder." /tmp/removed
test ! -e /opt/crmdesk && test ! -e /usr/bin/crmdesk && test ! -e /usr/share/applications/crmdesk.desktop
test -s $data/contacts.db
apt-get purge -y -qq crmdesk >/dev/null
test -s $data/contacts.db
install /crmdesk.deb
test "$(listed)" = "$lines"
