"""`python -m tests.deploy` writes anew what is written from tables, and where helm is, what the chart becomes."""

import sys

from tests.deploy.chart import EXAMPLES, HELM, RENDERED, render
from tests.deploy.strimzi import FOLDER, topics_file, users_file

if __name__ == "__main__":
    (FOLDER / "topics.yaml").write_text(topics_file())
    (FOLDER / "users.yaml").write_text(users_file())
    if HELM is None:
        sys.exit("The chart was not rendered: helm is not installed.")
    RENDERED.mkdir(exist_ok=True)
    for example in EXAMPLES:
        (RENDERED / f"{example}.yaml").write_text(render(example))
