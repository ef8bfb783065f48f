"""What Epilogue does where it departs from FastAPI on purpose: ../README.md says why."""

from checks import brief


def test_failed_task_does_not_stop_later_tasks(run):
    run.get("/bg/fails")
    assert run.wait_for("task:3") == ["task:1", "task:2", "task:3"]


def test_failed_task_is_no_error_of_the_request(run):
    assert run.get("/res/task-fails").json() == {"ok": True}
    assert run.wait_for("A:out") == ["A:in", "task:bad", "A:out"]


def test_reply_with_its_own_task_keeps_the_injected_ones(run):
    assert run.get("/bg/own-response").json() == {"ok": True}
    assert run.wait_for("task:own") == ["task:injected", "task:own"]


def test_fresh_output_is_nobody_elses(run):
    assert run.get("/cache/fresh-first").json() == [1, 2, 3, 2]


def test_fresh_dependency_below_a_shared_one_runs_with_it_only(run):
    assert run.get("/cache/subtree").json() == {"x": 1, "y": 1, "calls": 1}


def test_error_of_a_shared_dependency_is_told_once(run):
    assert brief(run.get("/err/duplicate")) == [("missing", ("query", "q"))]


def test_error_of_a_shared_body_is_told_once(run):
    assert brief(run.post("/param/body-same", json={"name": "n"})) == [("missing", ("body", "price"))]


def test_injected_response_applies_to_every_reply(run):
    r = run.get("/resp/explicit")
    assert (r.status_code, r.json(), r.headers["x-late"]) == (202, {"ok": True}, "1")
    assert [v for k, v in r.headers.multi_items() if k == "x-trail"] == ["sub", "dep"]


def test_nothing_can_swallow_an_error(run):
    r = run.get("/dep008c/items/portal-gun")
    assert (r.status_code, r.text) == (500, "Internal Server Error")
    assert run.wait_for("guard:swallowed") == ["guard:swallowed"]
