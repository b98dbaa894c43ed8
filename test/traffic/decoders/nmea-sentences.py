"""Reads sentences, one a line, and says what pynmea2 makes of each, as JSON: null where its check sum is wrong."""
import json
import sys

import pynmea2

for line in sys.stdin:
    try:
        sentence = pynmea2.parse(line.strip(), check=True)
    except pynmea2.ChecksumError:
        print(json.dumps(None))
        continue
    print(json.dumps({
        'talker': sentence.talker,
        'type': sentence.sentence_type,
        'data': sentence.data,
        'latitude': getattr(sentence, 'latitude', None),
        'longitude': getattr(sentence, 'longitude', None),
    }))
