# The app for a server: PyTorch's CPU wheels, a user without rights, a health check. See docs/deploying.md.
#   docker build -t nat-explorer . && docker run --rm -p 8501:8501 nat-explorer
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 nat
WORKDIR /srv/nat
ENV PATH=/srv/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1

# PyTorch first: it is the largest layer by far, and changes least.
RUN python -m venv /srv/venv \
    && pip install torch==2.14.1 torchvision==0.29.1 --index-url https://download.pytorch.org/whl/cpu

COPY pyproject.toml README.md LICENSE requirements.txt ./
# The pins of what the app needs, without the tests, the linters and the documents.
RUN sed '/^# tests$/,$d; /^-e/d' requirements.txt > app.txt && pip install -r app.txt && rm app.txt
COPY nat_core nat_core
COPY app app
COPY checkpoints checkpoints
RUN pip install --no-deps .

USER nat
WORKDIR /home/nat
ENV NAT_CHECKPOINTS=/srv/nat/checkpoints STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_HEADLESS=true
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
# By exec, so that `docker stop` reaches `nat app`, which then ends its server. Name the server in NAT_HOSTS.
CMD ["nat", "app", "--public", "--port", "8501"]
