#Requires -Version 7.2
<#
.SYNOPSIS
    A client of oracle_api, to copy beside a script and dot-source there.

.DESCRIPTION
    The service is found by ORACLE_API_URL and ORACLE_API_TOKEN.

        . ./OracleApi.ps1
        (Invoke-OracleProcedure SUMA_SIMPLE @{ a = '0.1'; b = 2 }).RESULTADO      # 2.1
        $id = Start-OracleJob PKG_ETL.PROCESO_LARGO @{ vFECHA = '2025-12-10' }
        (Wait-OracleJob $id).result

    An error is an OracleApiException: its Kind says what can be done about it. Numbers come as
    texts with all their digits: ConvertFrom-Json would make doubles of those with a fraction.
    Cast them to [decimal] or [bigint]. Texts that look like ISO 8601 become [datetime].
#>
Set-StrictMode -Version Latest

$script:Tries = 7
$script:FirstDelaySeconds = 0.5
$script:LongestDelaySeconds = 10
$script:LongestRetryAfterSeconds = 60
$script:LongestWaitSeconds = 60
# Longer than the service's SYNC_TIMEOUT_SECONDS, so that the 504 is its own.
$script:AnswerSeconds = 60

# Of jobs under which the service died, or its connection to the database.
$script:LostCodes = 'interrupted', 'DPY-1001', 'DPY-4011', 'ORA-03113', 'ORA-03114', 'ORA-03135'

# By what can be done about it.
enum OracleApiErrorKind {
    Invalid          # 400, 413, 415, 422: this script is wrong; Errors point into the body
    NotAuthorised    # 401, 403: the token is wrong or may not do this; somebody must grant it
    NotFound         # 404: no such procedure or job, or it is another client's
    Conflict         # 409: the job's state or the data forbids it; look again
    ProcedureFailed  # 422: the procedure raised; Code has its ORA- code, all was rolled back
    TimedOut         # 504: too long to call at once, and broken off; start a job instead
    Unavailable      # 429, 502, 503: it was tried again in vain; try much later
    NoAnswer         # a call may have taken effect; all else was tried again in vain
    OutcomeUnknown   # 503: the database was lost during the call; look in the data first
    Bug              # 500: tell the operator the RequestId
    JobFailed        # the procedure raised or could not be called; Code says why
    JobInterrupted   # the service or its connection died; look in the data, then submit anew
    JobCancelled     # somebody cancelled it; all was rolled back
    JobStillRunning  # the time given to Wait-OracleJob is up; the job goes on
}

class OracleApiException : System.Exception {
    [OracleApiErrorKind] $Kind
    [int] $Status
    [string] $Code
    [object[]] $Errors = @()
    [string] $RequestId
    [int] $RetryAfter
    [object] $Job

    OracleApiException([OracleApiErrorKind] $kind, [string] $message) : base($message) {
        $this.Kind = $kind
    }
}

function Invoke-OracleProcedure {
    <#
    .SYNOPSIS
        Runs a procedure now, and gives its OUT values.
    .DESCRIPTION
        It is tried again only where the service says that nothing was run.
    .PARAMETER Name
        Such as PKG_ETL.PROCESO_LARGO.
    .PARAMETER Params
        The IN values by name.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        [hashtable] $Params = @{}
    )
    $body = @{ name = $Name; params = $Params; numbers = 'string' }
    (Send-OracleRequest -Method Post -Path '/procedure' -Body $body -Once).out
}

function Start-OracleJob {
    <#
    .SYNOPSIS
        Starts a job, and gives its id.
    .PARAMETER Key
        Names this piece of work: the same key gives the same job, however often it is sent. Keep
        it with the work where the script itself may die and start again.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Name,
        [hashtable] $Params = @{},
        [string] $Key = [guid]::NewGuid().ToString()
    )
    $body = @{ name = $Name; params = $Params; numbers = 'string' }
    $headers = @{ 'Idempotency-Key' = $Key }
    (Send-OracleRequest -Method Post -Path '/procedure/async' -Body $body -Headers $headers).job_id
}

function Wait-OracleJob {
    <#
    .SYNOPSIS
        Waits until a job has completed, and gives it; it throws where the job ended otherwise.
    .PARAMETER Seconds
        How long at most.
    .PARAMETER Every
        Seconds between two reports of progress, 60 at most.
    .PARAMETER Progress
        Is called with the job each time, also at its end.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [int] $Seconds = 86400,
        [ValidateRange(1, 60)] [int] $Every = $script:LongestWaitSeconds,
        [scriptblock] $Progress = { }
    )
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $asked = $clock.Elapsed.TotalSeconds
        $wait = [int] [math]::Max(0.0, [math]::Min([double] $Every, $Seconds - $asked))
        $job = Send-OracleRequest -Method Get -Path "/jobs/${Id}?wait=$wait" `
            -TimeoutSeconds ($wait + $script:AnswerSeconds)
        $null = & $Progress $job
        if ($job.status -notin 'pending', 'running') {
            return Assert-OracleJobCompleted $job
        }
        if ($clock.Elapsed.TotalSeconds -ge $Seconds) {
            throw [OracleApiException]::new('JobStillRunning', "job $Id is $($job.status)")
        }
        # With too many waiting the service answers at once.
        $rest = 1 - ($clock.Elapsed.TotalSeconds - $asked)
        if ($rest -gt 0) {
            Start-Sleep -Milliseconds ([int] ($rest * 1000))
        }
    }
}

function Stop-OracleJob {
    <#
    .SYNOPSIS
        Asks for a job's end, and gives the job; it may complete all the same.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Id)
    Send-OracleRequest -Method Post -Path "/jobs/$Id/cancel"
}

function Remove-OracleJob {
    <#
    .SYNOPSIS
        Deletes a job that has ended.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Id)
    try {
        $null = Send-OracleRequest -Method Delete -Path "/jobs/$Id"
    } catch [OracleApiException] {
        # The first try may have done it, and its answer been lost.
        if ($_.Exception.Kind -ne 'NotFound') {
            throw
        }
    }
}

function Get-OracleRow {
    <#
    .SYNOPSIS
        Gives the rows of a completed job's REF CURSOR as objects, page by page.
    .PARAMETER Limit
        Rows of a page.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Param,
        [int] $Limit = 1000
    )
    $path = Get-OracleRowsPath $Id $Param
    $cursor = '0'
    while ($cursor) {
        $page = Send-OracleRequest -Method Get -Path "${path}?limit=$Limit&cursor=$cursor"
        foreach ($row in $page.rows) {
            $object = [ordered]@{}
            for ($index = 0; $index -lt $page.columns.Count; $index++) {
                $object[$page.columns[$index]] = $row[$index]
            }
            [pscustomobject] $object
        }
        $cursor = Get-OracleMember $page 'next'
    }
}

function Save-OracleCsv {
    <#
    .SYNOPSIS
        Writes the rows of a completed job's REF CURSOR to a CSV file: whole, or not at all.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Param,
        [Parameter(Mandatory)] [string] $Path
    )
    $headers = @{ Accept = 'text/csv' }
    $text = Send-OracleRequest -Method Get -Path (Get-OracleRowsPath $Id $Param) -Headers $headers
    Set-Content -LiteralPath "$Path.part" -Value $text -NoNewline -Encoding utf8NoBOM
    Move-Item -LiteralPath "$Path.part" -Destination $Path -Force
}

# Makes a request, again where that helps and does no harm.
function Send-OracleRequest {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Method,
        [Parameter(Mandatory)] [string] $Path,
        [hashtable] $Body,
        [hashtable] $Headers = @{},
        [int] $TimeoutSeconds = $script:AnswerSeconds,
        [switch] $Once
    )
    $request = @{
        Method = $Method
        Uri = "$(Get-OracleUrl)$Path"
        Authentication = 'Bearer'
        Token = ConvertTo-SecureString (Get-OracleToken) -AsPlainText -Force
        # The token also goes over plain HTTP, as to a service on this machine.
        AllowUnencryptedAuthentication = $true
        Headers = $Headers
        ContentType = 'application/json; charset=utf-8'
        TimeoutSec = $TimeoutSeconds
    }
    if ($Body) {
        $request.Body = ConvertTo-Json -InputObject $Body -Depth 32 -Compress
    }
    for ($number = 0; ; $number++) {
        try {
            return Send-OracleRequestOnce $request
        } catch [OracleApiException] {
            $problem = $_.Exception
            # A 429 or 503 says that nothing was run; a lost answer or a proxy's 502 does not.
            $harmless = -not $Once -or $problem.Status -in 429, 503
            if ($problem.Kind -notin 'NoAnswer', 'Unavailable' -or -not $harmless -or
                $number -eq $script:Tries - 1 -or
                $problem.RetryAfter -gt $script:LongestRetryAfterSeconds) {
                throw
            }
            Start-Sleep -Milliseconds (Get-OracleDelay $number $problem.RetryAfter)
        }
    }
}

function Send-OracleRequestOnce {
    param([hashtable] $Request)
    $status = 0
    $answerHeaders = @{}
    try {
        $answer = Invoke-RestMethod @Request -SkipHttpErrorCheck `
            -StatusCodeVariable status -ResponseHeadersVariable answerHeaders
    } catch {
        $text = "$($Request.Method) $($Request.Uri): $($_.Exception.Message)"
        throw [OracleApiException]::new('NoAnswer', $text)
    }
    if ($status -lt 400) {
        return $answer
    }
    throw (New-OracleProblem $status $answer $answerHeaders)
}

function New-OracleProblem {
    param([int] $Status, [object] $Answer, [object] $Headers)
    # A proxy's own error page has none of these members.
    $type = [string] (Get-OracleMember $Answer 'type')
    $kind = switch ($Status) {
        { $type -like '*:procedure-failed' } { 'ProcedureFailed'; break }
        { $type -like '*:outcome-unknown' } { 'OutcomeUnknown'; break }
        { $_ -in 401, 403 } { 'NotAuthorised'; break }
        404 { 'NotFound'; break }
        409 { 'Conflict'; break }
        { $_ -in 429, 502, 503 } { 'Unavailable'; break }
        504 { 'TimedOut'; break }
        { $_ -lt 500 } { 'Invalid'; break }
        default { 'Bug' }
    }
    $detail = Get-OracleMember $Answer 'detail'
    $requestId = Get-OracleMember $Answer 'request_id'
    $problem = [OracleApiException]::new($kind, "$Status $detail (request $requestId)")
    $problem.Status = $Status
    $problem.Code = Get-OracleMember $Answer 'code'
    $problem.Errors = @(Get-OracleMember $Answer 'errors')
    $problem.RequestId = $requestId
    $asked = if ($Headers.ContainsKey('Retry-After')) { "$($Headers['Retry-After'])" } else { '' }
    if ($asked -match '^\d+$') {
        $problem.RetryAfter = [int] $asked
    }
    $problem
}

function Assert-OracleJobCompleted {
    param([object] $Job)
    if ($Job.status -eq 'completed') {
        return $Job
    }
    $code = Get-OracleMember $Job 'error_code'
    $kind = if ($Job.status -eq 'cancelled') {
        'JobCancelled'
    } elseif ($code -in $script:LostCodes) {
        'JobInterrupted'
    } else {
        'JobFailed'
    }
    $text = "job $($Job.id) is $($Job.status): $(Get-OracleMember $Job 'error')"
    $problem = [OracleApiException]::new($kind, $text)
    $problem.Code = $code
    $problem.Job = $Job
    throw $problem
}

# Gives a member that may not be there, which strict mode forbids to read.
function Get-OracleMember {
    param([object] $Object, [string] $Name)
    if ($Object -is [pscustomobject] -and $Object.PSObject.Properties[$Name]) {
        $Object.$Name
    }
}

# Gives the milliseconds until the next try: what was asked for, or exponentially more. The random
# part keeps clients that failed together from coming back together.
function Get-OracleDelay {
    param([int] $Number, [double] $Asked)
    $backoff = $script:FirstDelaySeconds * [math]::Pow(2, $Number)
    $half = [math]::Min([double] $script:LongestDelaySeconds, $backoff) / 2
    [int] (1000 * ([math]::Max($Asked, $half) + $half * [System.Random]::Shared.NextDouble()))
}

function Get-OracleRowsPath {
    param([string] $Id, [string] $Param)
    "/jobs/$Id/rows/$([uri]::EscapeDataString($Param))"
}

function Get-OracleUrl {
    $url = if ($env:ORACLE_API_URL) { $env:ORACLE_API_URL } else { 'http://127.0.0.1:8080' }
    $url.TrimEnd('/')
}

function Get-OracleToken {
    if ($env:ORACLE_API_TOKEN) { $env:ORACLE_API_TOKEN } else { 'demo' }
}
