import time, os
from io import StringIO
from django.core.management import call_command
from cases.models import Case, CaseEvent, Deadline
from django.db import connection
import openpyxl, cases.ledger
def pgcpu():
    with connection.cursor() as c:
        c.execute("select pg_backend_pid()"); pid=c.fetchone()[0]
    p=open(f"/proc/{pid}/stat").read().rsplit(")",1)[1].split()
    return (int(p[11])+int(p[12]))/100
def test_perf(committed_stories, shared_data, settings, tmp_path):
    settings.SNAPSHOT_CHECK_SECONDS = 1
    for f, m in (("messages.csv","online_board"),("answered_messages.csv","online_board_answered")):
        t=time.time(); c=time.process_time(); g=pgcpu()
        out=StringIO()
        try: call_command("import_ledger", str(shared_data/f), map=m, city="1310", verbosity=0, stdout=out, stderr=out)
        finally: print(out.getvalue())
        print(f, "wall", (time.time()-t), "py cpu", (time.process_time()-c), "pg cpu", (pgcpu()-g), os.getloadavg(), flush=True)
    t=time.time(); call_command("verify_history", verbosity=0); print("verify", time.time()-t)
    print(Case.objects.values_list("status").distinct(), Deadline.objects.filter(case__status="closed", ended_at=None).count())
