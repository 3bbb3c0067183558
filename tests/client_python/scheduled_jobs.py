"""A job, and a schedule that the code declares."""

from jindu import App

app = App()


@app.job
async def greet(name: str = "you") -> str:
    return f"hello {name}"


app.schedule("@yearly", greet)
