#!/bin/sh
# Gets the Cranfield collection for `ranking.rs`: cranfield.sh FOLDER
#
# It is no part of this repository. CRANFIELD_URL names a tar.gz with the files
# cran.all.1400, cran.qry and cranqrel; without it, the University of Glasgow's.
set -eu
folder=${1:?usage: cranfield.sh FOLDER}
url=${CRANFIELD_URL:-http://ir.dcs.gla.ac.uk/resources/test_collections/cran/cran.tar.gz}
mkdir -p "$folder"
if [ ! -s "$folder/cranqrel" ]; then
    curl --fail --location --silent --show-error "$url" | tar -xz -C "$folder"
fi
for file in cran.all.1400 cran.qry cranqrel; do
    [ -s "$folder/$file" ] || { echo "$file is not in what $url gave" >&2; exit 1; }
done
