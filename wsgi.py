import signal
import sys

from site_app import create_app, lifeline, storage
from site_app.commands import language
from site_app.i18n import sentence_outside
from surveys.messages import Refused

# A worker begins with its server's handlers, which do nothing in it: until it is up, it just ends.
signal.signal(signal.SIGTERM, signal.SIG_DFL)
lifeline.hold()
try:
    app = create_app()
    storage.check_upgraded(app)
except Refused as refused:
    print(sentence_outside(refused, language()), file=sys.stderr)
    raise SystemExit(2) from refused
