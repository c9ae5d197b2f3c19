"""A settings file of a team server with comments, as ``atlas team example`` prints it."""

from __future__ import annotations

from dataclasses import fields

from layers.team.allowance import Allowance

_EXAMPLE = """\
# 团队服务器配置 / settings of a team server:  atlas app --team config.toml
# 检查 / check:  atlas team check config.toml
# 未列出的键会被拒绝；带 # 的行是默认值。Unknown keys are refused; lines with # are defaults.

[server]
# 用户在浏览器中打开的地址，不带路径；TLS 由反向代理负责。
# The address that people open, without a path; the proxy in front does TLS.
public_url = "https://atlas.example.org"
# listen = "127.0.0.1"                     # 等候反向代理的地址 / where the proxy calls
# port = 8501
# trusted_proxies = ["127.0.0.1", "::1"]   # 只应答这些地址 / nobody else is answered
# upload_mb = 200                          # 单个上传文件上限 / largest file to import
# session_hours = 12                       # 多少小时后须重新登录 / then people sign in again
# token_idle_days = 90                     # 久未登录者的令牌失效 / tokens of whoever stayed away
# state = ""                               # 人员与令牌文件夹；空为工作区内 team / people, tokens

[oidc]
# 身份提供方（OpenID Connect）；在其中登记回调地址 <public_url>/oauth2callback
# The OpenID Connect provider; register the callback address <public_url>/oauth2callback there.
server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
client_id = "atlas"
# 密钥三选一：client_secret、client_secret_file（文件）、client_secret_env（环境变量）
# One of client_secret, client_secret_file (a file), client_secret_env (a variable); the
# same for cookie_secret, at least 32 characters:  openssl rand -base64 48 > cookie.secret
client_secret_file = "client.secret"
cookie_secret_file = "cookie.secret"
# id_claim = "sub"                         # 不变的编号 / what never changes
# name_claim = "name"
# scope = "openid email profile"
# prompt = "select_account"

[roles]
# 角色 / roles: viewer 查看 · planner 规划 · steward 数据管理 · admin 管理员 · none 无
# 顺序：人员名单 → claim → default；多个 claim 值取最大的角色。
# The list of people goes before the claim, the claim before the default; of several
# values of the claim the greatest role counts.
default = "none"
# claim = "groups"                         # 也可为路径 / or a path: realm_access.roles
# members = "members.toml"                 # 或 / or members.csv（id,email,role）

# [roles.map]
# "atlas-planners" = "planner"
# "atlas-admins" = "admin"

# members.toml:
#   [ids]
#   "7c1f…" = "admin"
#   [emails]                               # 仅已验证的邮箱 / verified addresses only
#   "name@example.org" = "planner"

# [limits]                                 # 每人每分钟 / for each person and minute
"""


def example() -> str:
    """Return the file, with the limits and what they are unless told."""
    usual = Allowance()
    limits = [f"# {each.name} = {getattr(usual, each.name)}" for each in fields(Allowance)]
    return _EXAMPLE + "\n".join(limits) + "\n"
