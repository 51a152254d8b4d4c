package gateway

// template has one of everything: public and protected routes, CloudFormation's
// tags in both spellings, an authorizer, schedules and a stream.
const template = `
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Conditions: { IsProd: !Equals [!Ref Stage, prod] }
Globals:
  Function:
    Timeout: 25
    Environment: { Variables: { TABLE: !Ref Table, URL: !Sub "https://${Domain}/" } }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Name: !Sub "gatehouse-${Stage}"
      FailOnWarnings: true
      Auth:
        DefaultAuthorizer: Main
        Authorizers:
          Main:
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            FunctionArn: !GetAtt AuthorizerFunction.Arn
  AuthorizerFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties: { CodeUri: ., Timeout: 5 }
  SignupFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      CodeUri: .
      Policies: [!If [IsProd, !Ref A, !Ref "AWS::NoValue"]]
      Events:
        Register: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /api/auth/register, Method: POST, Auth: { Authorizer: NONE } } }
  AccountFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      CodeUri: .
      Events:
        Self: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /api/users/self, Method: GET } }
        User: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: "/api/users/{id}", Method: get } }
        Change: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: "/api/users/{id}", Method: PATCH, Auth: { Authorizer: Main } } }
        Preflight: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: "/api/users/{id}", Method: OPTIONS } }
  StripeWebhookFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      CodeUri: .
      Events:
        Hook: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /api/webhooks/stripe, Method: POST, Auth: { Authorizer: NONE } } }
  EdgeFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      CodeUri: .
      Events:
        Rest: { Type: HttpApi, Properties: { ApiId: !Ref Api, Auth: { Authorizer: NONE } } }
  SweepFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/sweep
      Events:
        Often: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute), Input: '{"job":"due"}' } }
        Daily: { Type: ScheduleV2, Properties: { ScheduleExpression: "cron(30 3 * * ? *)" } }
        Never: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(2 hours), State: DISABLED } }
  OutboxFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: makefile }
    Properties:
      CodeUri: .
      Events:
        Changes: { Type: DynamoDB, Properties: { Stream: !GetAtt Data.Outputs.Stream, StartingPosition: TRIM_HORIZON } }
        Bounces: { Type: EventBridgeRule, Properties: { Pattern: { source: [aws.ses] } } }
  Data: { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: infra/table.yaml } }
`
