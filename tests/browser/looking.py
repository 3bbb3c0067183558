"""How the tests find things on the dashboard: expressions in JavaScript."""

import json

LIVE = "document.getElementById('link').dataset.state === 'live'"
KEYS = "[...document.querySelectorAll('#partial h3')].map((node) => node.textContent).join()"


def row(job: str) -> str:
    return f"document.querySelector('.row[data-job=\"{job}\"]')"


def in_row(job: str, selector: str) -> str:
    return f"{row(job)}.querySelector('{selector}').textContent"


def shown(name: str) -> str:
    return f"document.getElementById('{name}').textContent"


def there(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"
