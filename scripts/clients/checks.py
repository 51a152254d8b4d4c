"""What CVAT's SDK does with accounts and organizations, against a running server."""
import json
import re
import sys
import time
import urllib.parse
import urllib.request

from cvat_sdk import make_client, models
from cvat_sdk.api_client import exceptions

BASE = sys.argv[1]
PASSWORD = "quarry lantern 58"
checks = failed = 0


def check(what, ok):
    global checks, failed
    checks += 1
    if not ok:
        failed += 1
        print("FAILED ", what)


def refused(what, status, call):
    try:
        call()
    except exceptions.ApiException as e:
        check(f"{what}: {e.status}, expected {status}", e.status == status)
    else:
        check(f"{what}: allowed, expected {status}", False)


def post(path, body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def mailed(to, parameter):
    """The parameter of the first link of the newest mail."""
    for _ in range(100):
        request = urllib.request.Request(f"{BASE}/_dev/mail?to={to}", headers={"Accept": "application/json"})
        mails = json.load(urllib.request.urlopen(request))
        if mails:
            return urllib.parse.parse_qs(urllib.parse.urlparse(mails[0]["links"][0]).query)[parameter][0]
        time.sleep(0.1)
    raise SystemExit(f"no mail to {to}")


def join(name):
    email = name + "@example.org"
    post("/api/auth/register", {"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD})
    post("/api/auth/verify-email", {"key": mailed(email, "key")})


def client(name):
    url = urllib.parse.urlparse(BASE)
    return make_client(f"{url.scheme}://{url.hostname}", port=url.port, credentials=(name, PASSWORD))


def work(ada, bob):
    """Projects, tasks, jobs and cloud storages of somebody, and their way into an organization."""
    uid = bob.users.retrieve_current_user().id
    archive = ada.organizations.create(models.OrganizationWriteRequest(slug="archive"))
    ada.organization_slug = "archive"
    invited, _ = ada.api_client.invitations_api.create(models.InvitationWriteRequest(email="bob.stone@example.org", role="worker"))
    bob.api_client.invitations_api.accept(invited.key)
    ada.organization_slug = ""
    project = ada.projects.create(models.ProjectWriteRequest(name="Streets"))
    check("a project is made", project.name == "Streets" and project.owner.username == "ada.byron" and project.organization_id is None)
    task, _ = ada.api_client.tasks_api.create(models.TaskWriteRequest(name="Monday", project_id=project.id, subset="Train"))
    check("a task is made in it", task.project_id == project.id and task.subset == "Train")
    job, _ = ada.api_client.jobs_api.create(models.JobWriteRequest(type="annotation", task_id=task.id))
    check("a job is made of it", job.task_id == task.id and job.stage == "annotation" and job.state == "new" and job.assignee is None)
    check("the project counts its tasks", project.fetch().tasks.count == 1 and [t.id for t in project.get_tasks()] == [task.id])
    check("tasks and jobs are listed", [t.id for t in ada.tasks.list()] == [task.id] and [j.id for j in ada.jobs.list()] == [job.id])
    check("nothing of it is somebody else's", bob.projects.list() == [] and bob.tasks.list() == [] and bob.jobs.list() == [])
    refused("nor can it be read", 404, lambda: bob.jobs.retrieve(job.id))
    storage, _ = ada.api_client.cloudstorages_api.create(models.CloudStorageWriteRequest(
        provider_type="AWS_S3_BUCKET", resource="bucket", display_name="Bucket", credentials_type="ANONYMOUS_ACCESS", manifests=["m.jsonl"]))
    check("a cloud storage is made", storage.resource == "bucket" and storage.manifests == ["m.jsonl"])

    project.update(models.PatchedProjectWriteRequest(organization_id=archive.id))
    check("the project moves into an organization", project.fetch().organization_id == archive.id and ada.projects.list() == [])
    ada.organization_slug = "archive"
    check("its tasks come along", [t.id for t in ada.tasks.list()] == [task.id])
    one = ada.jobs.retrieve(job.id)
    one.update(models.PatchedJobWriteRequest(assignee=uid))
    bob.organization_slug = "archive"
    check("whoever is assigned has the job", [(j.id, j.assignee.username) for j in bob.jobs.list()] == [(job.id, "bob.stone")])
    theirs = bob.jobs.retrieve(job.id)
    theirs.update(models.PatchedJobWriteRequest(state="completed"))
    refused("who annotates does not say what is next", 403, lambda: theirs.update(models.PatchedJobWriteRequest(stage="acceptance")))
    one.update(models.PatchedJobWriteRequest(stage="acceptance"))
    check("the one who plans does", one.fetch().stage == "acceptance" and one.state == "new")
    refused("a worker makes no task", 403, lambda: bob.api_client.tasks_api.create(models.TaskWriteRequest(name="Mine")))
    bob.organization_slug = None
    project.remove()
    check("the project is deleted with all that is in it", ada.projects.list() == [] and ada.tasks.list() == [] and ada.jobs.list() == [])
    archive.remove()
    ada.organization_slug = None


for name in ("ada.byron", "bob.stone", "eve.field"):
    join(name)

with client("ada.byron") as ada, client("bob.stone") as bob, client("eve.field") as eve:
    me = ada.users.retrieve_current_user()
    check("who am I", me.username == "ada.byron" and me.email == "ada.byron@example.org")
    check("a list of users without an organization has oneself", [u.username for u in ada.users.list()] == ["ada.byron"])

    made = ada.organizations.create(models.OrganizationWriteRequest(slug="acme", name="Acme", contact={"email": "hi@example.org"}))
    check("an organization is made", made.slug == "acme" and made.owner.username == "ada.byron")
    refused("a taken short name", 400, lambda: bob.organizations.create(models.OrganizationWriteRequest(slug="acme")))
    check("the other does not see it", bob.organizations.list() == [])
    refused("nor reads it", 404, lambda: bob.organizations.retrieve(made.id))

    ada.organization_slug = "acme"
    invitations = ada.api_client.invitations_api
    invited, _ = invitations.create(models.InvitationWriteRequest(email="bob.stone@example.org", role="worker"))
    check("an invitation is made", not invited.accepted and invited.expired is False and re.fullmatch("[a-zA-Z0-9]{64}", invited.key))
    mine, _ = bob.api_client.invitations_api.list()
    check("the invitee sees it", [i.key for i in mine.results] == [invited.key])
    refused("somebody else does not accept it", 404, lambda: eve.api_client.invitations_api.accept(invited.key))
    accepted, _ = bob.api_client.invitations_api.accept(invited.key)
    check("the invitee accepts it", accepted["organization_slug"] == "acme")

    members, _ = ada.api_client.memberships_api.list(sort="role")
    check("both are members", [(m.user.username, m.role, m.is_active) for m in members.results] == [("ada.byron", "owner", True), ("bob.stone", "worker", True)])
    one = members.results[1]
    changed, _ = ada.api_client.memberships_api.partial_update(one.id, patched_membership_write_request=models.PatchedMembershipWriteRequest(role="supervisor"))
    check("the role is changed", changed.role == "supervisor")
    check("the people of the organization are listed", {u.username for u in ada.users.list()} == {"ada.byron", "bob.stone"})

    bob.organization_slug = "acme"
    refused("a supervisor invites nobody", 403, lambda: bob.api_client.invitations_api.create(models.InvitationWriteRequest(email="x@example.org", role="worker")))
    eve.organization_slug = "acme"
    refused("a stranger lists nobody", 404, lambda: eve.api_client.memberships_api.list())
    eve.organization_slug = None

    ada.api_client.memberships_api.destroy(one.id)
    bob.organization_slug = None
    check("a removed member is out", bob.organizations.list() == [])
    made.update(models.PatchedOrganizationWriteRequest(description="Boxes"))
    check("the description is changed", made.fetch().description == "Boxes")
    made.remove()
    ada.organization_slug = None
    check("the organization is deleted", ada.organizations.list() == [])

    work(ada, bob)

    many = [ada.organizations.create(models.OrganizationWriteRequest(slug=f"o{n}")) for n in range(12)]
    check("a list of several pages is read whole", len(ada.organizations.list()) == len(many))
    bob.logout()
    refused("signing out holds", 401, lambda: bob.api_client.users_api.retrieve_self())

print(f"clients: {checks} checks, {failed} failed")
sys.exit(failed > 0)
